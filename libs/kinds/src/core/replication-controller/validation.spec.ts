import { cells, complaintsAbout, created, podSpec } from '../../testing.ts';
import { replicationController } from './kind.ts';

const template = { metadata: { labels: { app: 'x' } }, spec: podSpec() };

describe('a replication controller', () => {
  it('selects, and is labelled, as its template is', () => {
    const object = created(replicationController, { spec: { template } });
    expect(object).toMatchObject({ metadata: { labels: { app: 'x' } }, spec: { replicas: 1, selector: { app: 'x' } } });
    expect(cells(replicationController, object)).toMatchObject({ Desired: 1, Current: 0, Selector: 'app=x' });
  });

  it.each([
    [
      { selector: { a: 'b' }, template },
      ['spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`'],
    ],
    [{ selector: { a: 'b' } }, ['spec.template: Required value']],
    [{ replicas: -1, template }, ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
  ])('of %j is refused', (spec, want) => expect(complaintsAbout(replicationController, { spec })).toEqual(want));
});
