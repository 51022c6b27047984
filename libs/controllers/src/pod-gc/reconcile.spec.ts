import type { Node, Pod } from '#api/types';
import { node, pod } from '../testing/small-cluster.ts';
import { type Action, overdue, reconcile, type Seen, unknownNodes } from './reconcile.ts';

const on = (p: Pod, nodeName: string): Pod => ({ ...p, spec: { ...p.spec, nodeName } });
const done = (name: string, creationTimestamp: string): Pod => ({
  ...pod(name, {}, { creationTimestamp }),
  status: { phase: 'Succeeded' },
});
const going = (name: string): Pod => pod(name, {}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
const off: Node = { ...node('off', 'Unknown'), spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } };
const nodes = new Map([
  ['n1', node('n1')],
  ['off', off],
] as [string, Node][]);

const decide = (pods: Pod[], more: Partial<Seen> = {}): Action[] =>
  reconcile({ pods, nodes, unknownSince: new Map(), missingNodes: new Set(), terminatedThreshold: 10, ...more }).actions;

describe('pod garbage collection', () => {
  it.each([
    ['a pod on a node that is not there', on(pod('p'), 'gone'), 'PodGC: node no longer exists'],
    ['a pod that goes and was never bound', going('p'), undefined],
    ['a pod that goes on a node out of service', on(going('p'), 'off'), undefined],
  ])('collects %s', (_case, one, disruption) => {
    const actions = decide([one], { missingNodes: new Set(['gone']) });
    expect(actions).toEqual([{ do: 'collect', pod: one, fails: true, ...(disruption && { disruption }) }]);
  });

  it.each([
    ['a pod on a node', on(pod('p'), 'n1')],
    ['a pod that goes on a node that can end it', on(going('p'), 'n1')],
    ['a pod of a node out of service that was not deleted', on(pod('p'), 'off')],
    ['a pod that waits for a node', pod('p')],
  ])('leaves %s', (_case, one) => {
    expect(decide([one])).toEqual([]);
  });

  it('collects the oldest finished pods beyond the threshold', () => {
    const pods = [done('b', '2026-01-01T00:00:02Z'), done('a', '2026-01-01T00:00:01Z'), done('c', '2026-01-01T00:00:03Z')];
    const actions = decide(pods, { terminatedThreshold: 1 });
    expect(actions.map((action) => action.pod.metadata.name)).toEqual(['a', 'b']);
  });

  it('gives a node that nobody has seen forty seconds, from the first time on', () => {
    const pods = [on(pod('a'), 'gone'), on(pod('b'), 'n1'), pod('c')];
    const first = unknownNodes({ pods, nodes }, new Map(), 1000);
    expect([...first]).toEqual([['gone', 1000]]);
    const later = unknownNodes({ pods: [...pods, on(pod('d'), 'new')], nodes }, first, 41_000);
    expect([...later]).toEqual([
      ['gone', 1000],
      ['new', 41_000],
    ]);
    expect([overdue(later, 40_999), overdue(later, 41_000)]).toEqual([[], ['gone']]);
    expect([...unknownNodes({ pods: [], nodes }, later, 42_000)]).toEqual([]);
  });
});
