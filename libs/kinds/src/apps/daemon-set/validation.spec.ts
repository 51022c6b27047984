import { cells, complaintsAbout, created, type Json, podSpec, updated } from '../../testing.ts';
import { daemonSet } from './kind.ts';

const template = (nodeSelector?: Json): Json => ({ metadata: { labels: { app: 'x' } }, spec: podSpec(nodeSelector && { nodeSelector }) });
const specOf = (changes: Json = {}): Json => ({ selector: { matchLabels: { app: 'x' } }, template: template(), ...changes });
const rolling = (rollingUpdate: Json): Json => specOf({ updateStrategy: { rollingUpdate } });
const path = 'spec.updateStrategy.rollingUpdate';

describe('a daemon set', () => {
  it.each<[string, Json, string[]]>([
    ['with a template', specOf(), []],
    [
      'that makes no progress',
      rolling({ maxUnavailable: 0 }),
      [`${path}.maxUnavailable: Invalid value: 0: cannot be 0 when maxSurge is 0`],
    ],
    [
      'that does both',
      rolling({ maxUnavailable: 1, maxSurge: '10%' }),
      [`${path}.maxSurge: Invalid value: "10%": may not be set when maxUnavailable is non-zero`],
    ],
    ['that surges', rolling({ maxUnavailable: 0, maxSurge: 1 }), []],
    ['without a selector', specOf({ selector: {} }), ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset']],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(daemonSet, { spec })).toEqual(want));

  it('counts its templates', () => {
    const first = created(daemonSet, { spec: specOf() });
    const count = 'deprecated.daemonset.template.generation';
    expect(first.metadata.annotations?.[count]).toBe('1');
    const { object } = updated(daemonSet, first, { metadata: first.metadata, spec: specOf({ template: template({ a: 'b' }) }) });
    expect(object.metadata.annotations?.[count]).toBe('2');
    expect(cells(daemonSet, object)).toMatchObject({ Desired: 0, 'Node Selector': 'a=b', Selector: 'app=x' });
  });
});
