import type { Lease, Node } from '#api/types';
import { node, pod, readyPod } from '../testing/small-cluster.ts';
import { type Memory, reconcile } from './reconcile.ts';
import { defaultRates } from './zones.ts';

const start = new Date('2026-01-01T00:00:00Z');
const empty: Memory = { heard: new Map(), lastEvictionMs: new Map() };
const grace = { monitorMs: 40_000, startupMs: 60_000 };
const ready = readyPod(pod('p'), start);

/** Rounds one after another, each with what there is to see then; answers the last one's actions. */
function after(...rounds: { seconds: number; nodes: Node[]; renewed?: string }[]) {
  let memory = empty;
  let actions: ReturnType<typeof reconcile>['actions'] = [];
  for (const { seconds, nodes, renewed } of rounds) {
    const lease = renewed ? ({ spec: { renewTime: renewed } } as Lease) : undefined;
    const seen = { nodes, lease: () => lease, podsOn: () => [ready], memory, grace, rates: defaultRates, nowMs: seconds * 1000 };
    ({ actions, memory } = reconcile(seen, new Date(start.getTime() + seconds * 1000)));
  }
  return actions;
}
const shown = (actions: ReturnType<typeof after>): string[] =>
  actions.flatMap((action) => {
    if (action.do === 'tellRegistered') return [];
    if (action.do === 'markPodNotReady') return `pod ${action.pod.metadata.name} not ready`;
    const { node: of, conditions, taints } = action;
    return [
      ...(conditions ? [`${of.metadata.name} ${conditions.map((c) => `${c.type}=${c.status}`).join()}`] : []),
      ...(taints
        ? [`${of.metadata.name} taints ${taints.map((t) => `${t.key.replace('node.kubernetes.io/', '')}:${t.effect}`).join()}`]
        : []),
    ];
  });
const [a, b] = [node('a'), node('b')];
const silent = { ...node('a', 'Unknown'), spec: {} };

describe('node lifecycle', () => {
  it('tells of each node that it hears of for the first time', () => {
    const told = (...rounds: Parameters<typeof after>) =>
      after(...rounds).flatMap((action) => (action.do === 'tellRegistered' ? [action.node.metadata.name] : []));
    expect(told({ seconds: 0, nodes: [a] })).toEqual(['a']);
    expect(told({ seconds: 0, nodes: [a] }, { seconds: 5, nodes: [a, b] })).toEqual(['b']);
  });

  it('lets a node be silent for the grace period', () => {
    expect(after({ seconds: 0, nodes: [a] }, { seconds: 40, nodes: [a] })).toEqual([]);
  });

  it('takes a lease for a sign of life', () => {
    expect(
      after({ seconds: 0, nodes: [a], renewed: '1' }, { seconds: 30, nodes: [a], renewed: '2' }, { seconds: 65, nodes: [a], renewed: '2' }),
    ).toEqual([]);
  });

  it('marks a silent node, its pods, and drives them off', () => {
    const fresh = { ...b, status: { conditions: [{ ...b.status!.conditions![0]!, lastHeartbeatTime: '2026-01-01T00:00:40Z' }] } };
    const actions = after({ seconds: 0, nodes: [a, b] }, { seconds: 41, nodes: [a, fresh] });
    expect(shown(actions)).toEqual([
      'a Ready=Unknown,MemoryPressure=Unknown,DiskPressure=Unknown,PIDPressure=Unknown',
      'a taints unreachable:NoSchedule,unreachable:NoExecute',
      'pod p not ready',
    ]);
    expect(actions[0]).toMatchObject({ fell: true });
    expect(actions[0]).toHaveProperty('conditions.0.message', 'Kubelet stopped posting node status.');
  });

  it('gives a node that never said anything a longer time', () => {
    const mute = { ...a, status: {} };
    expect(after({ seconds: 0, nodes: [mute] }, { seconds: 59, nodes: [mute] })).toEqual([]);
    const actions = after({ seconds: 0, nodes: [mute] }, { seconds: 61, nodes: [mute] });
    expect(actions[0]).toHaveProperty('conditions.0.message', 'Kubelet never posted node status.');
  });

  it('evicts nothing when no node is ready: then this process is the one cut off', () => {
    expect(shown(after({ seconds: 0, nodes: [silent] }))).toEqual(['a taints unreachable:NoSchedule', 'pod p not ready']);
  });

  it('takes the taints away when the node is back', () => {
    const taints = [
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
      { key: 'example.com/mine', effect: 'NoExecute' },
    ];
    expect(shown(after({ seconds: 0, nodes: [{ ...a, spec: { taints } }] }))).toEqual(['a taints example.com/mine:NoExecute']);
  });

  it('drives off one node at a time, one in ten seconds', () => {
    const down = ['x', 'y'].map((name) => node(name, 'Unknown'));
    const first = shown(after({ seconds: 0, nodes: [a, b, ...down] })).filter((text) => text.includes('NoExecute'));
    expect(first).toEqual(['x taints unreachable:NoSchedule,unreachable:NoExecute']);
    const later = shown(after({ seconds: 0, nodes: [a, b, ...down] }, { seconds: 10, nodes: [a, b, down[1]!] }));
    expect(later).toContain('y taints unreachable:NoSchedule,unreachable:NoExecute');
  });

  it.each([
    ['a node that says it is not ready', { ...node('c', 'False') }, 'c taints not-ready:NoSchedule,not-ready:NoExecute'],
    ['a cordoned node', { ...node('c'), spec: { unschedulable: true } }, 'c taints unschedulable:NoSchedule'],
    [
      'a node under memory pressure',
      { ...node('c'), status: { conditions: [...node('c').status!.conditions!, { type: 'MemoryPressure', status: 'True' }] } },
      'c taints memory-pressure:NoSchedule',
    ],
  ])('shows %s as taints', (_case, one, want) => {
    expect(shown(after({ seconds: 0, nodes: [a, one] }))).toEqual([want]);
  });
});
