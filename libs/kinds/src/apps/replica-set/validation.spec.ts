import type { Scale } from '#api/types';
import { cells, complaintsAbout, created, lines, podSpec, updated } from '../../testing.ts';
import { replicaSet } from './kind.ts';
import { validateReplicaSetStatus } from './validation.ts';

const template = { metadata: { labels: { app: 'x' } }, spec: podSpec() };
const spec = { replicas: 2, selector: { matchLabels: { app: 'x' } }, template };

describe('a replica set', () => {
  it('is fine with a selector and a template', () => expect(complaintsAbout(replicaSet, { spec })).toEqual([]));

  it('blames a foreign template twice on update, as upstream does', () => {
    const stored = created(replicaSet, { spec });
    const { complaints } = updated(replicaSet, stored, {
      metadata: stored.metadata,
      spec: { ...spec, selector: { matchLabels: { app: 'y' } } },
    });
    const labels = 'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`';
    expect(complaints).toEqual([labels, labels, 'spec.selector: Invalid value: {"matchLabels":{"app":"y"}}: field is immutable']);
  });

  it('has no more ready than there are', () => {
    const object = { ...created(replicaSet, { spec }), status: { replicas: 1, readyReplicas: 2 } };
    expect(lines(validateReplicaSetStatus(object))).toEqual([
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ]);
  });

  it('is scaled by one number', () => {
    const scale = replicaSet.subresources?.scale;
    if (scale?.do !== 'projection') throw new Error('no scale');
    const object = created(replicaSet, { spec });
    const shown = scale.of(object) as Scale;
    expect(shown).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 0, selector: 'app=x' } });
    const wanted = (replicas: number) => ({ ...shown, spec: { replicas } });
    expect(scale.applied(object, wanted(5)).spec?.replicas).toBe(5);
    expect(lines(scale.validate(wanted(-1)))).toEqual(['spec.replicas: Invalid value: -1: must be greater than or equal to 0']);
    expect(cells(replicaSet, object)).toMatchObject({ Desired: 2, Current: 0, Ready: 0 });
  });
});
