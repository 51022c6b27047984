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
    if (scale?.do !== 'scale') throw new Error('no scale');
    const object = created(replicaSet, { spec });
    expect(scale.withReplicas(object, 5).spec?.replicas).toBe(5);
    expect(scale.selector(object)).toBe('app=x');
    expect(cells(replicaSet, object)).toMatchObject({ Desired: 2, Current: 0, Ready: 0 });
  });
});
