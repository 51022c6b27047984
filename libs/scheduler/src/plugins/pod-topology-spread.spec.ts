import type { Node, Pod, PodSpec, TopologySpreadConstraint } from '#api/types';
import { clusterOf, node, pod, scores, verdicts } from '../testing.ts';
import { podTopologySpread } from './pod-topology-spread.ts';

const zone = (name: string) => ({ labels: { zone: name } });
/** One node a zone, and one in none. */
const nodes = [node('a', zone('1')), node('b', zone('2')), node('none')];
const on = (nodeName: string, count: number, labels: Record<string, string> = { app: 'x' }): Pod[] =>
  Array.from({ length: count }, (_, i) => pod(`${nodeName}-${Object.values(labels).join('-')}-${i}`, { nodeName, labels }));
const spreading = (constraint: Partial<TopologySpreadConstraint> = {}, spec: Partial<PodSpec> = {}, labels = { app: 'x' }): Pod =>
  pod('p', {
    labels,
    spec: {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'x' } },
          ...constraint,
        },
      ],
      ...spec,
    },
  });

const skewed = "node(s) didn't match pod topology spread constraints";
const missing = `${skewed} (missing required label) (unresolvable)`;

describe('a constraint that must hold', () => {
  it.each<{ name: string; nodes?: Node[]; running?: Pod[]; pod: Pod; want: Record<string, string> | 'skip' }>([
    { name: 'is not asked of pods that have none', pod: pod('p'), want: 'skip' },
    { name: 'is not one that need not hold', pod: spreading({ whenUnsatisfiable: 'ScheduleAnyway' }), want: 'skip' },
    { name: 'holds of nothing', pod: spreading(), want: { a: 'fits', b: 'fits', none: missing } },
    { name: 'refuses the fuller domain', running: on('a', 1), pod: spreading(), want: { a: skewed, b: 'fits', none: missing } },
    {
      name: 'allows as much as it says',
      running: on('a', 1),
      pod: spreading({ maxSkew: 2 }),
      want: { a: 'fits', b: 'fits', none: missing },
    },
    {
      name: 'counts what is above the emptiest domain',
      running: [...on('a', 2), ...on('b', 1)],
      pod: spreading(),
      want: { a: skewed, b: 'fits', none: missing },
    },
    {
      name: 'does not count the pod itself when it does not match',
      running: on('a', 1),
      pod: spreading({}, {}, { app: 'y' }),
      want: { a: 'fits', b: 'fits', none: missing },
    },
    {
      name: 'counts matching pods alone',
      running: on('a', 5, { app: 'y' }),
      pod: spreading(),
      want: { a: 'fits', b: 'fits', none: missing },
    },
    {
      name: 'does not count pods of other namespaces, nor those that end',
      running: on('a', 2).map((item, i) => ({
        ...item,
        metadata: { ...item.metadata, ...(i ? { namespace: 'other' } : { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
      })),
      pod: spreading(),
      want: { a: 'fits', b: 'fits', none: missing },
    },
    {
      name: 'without a selector counts nothing',
      running: on('a', 5),
      pod: spreading({ labelSelector: undefined }),
      want: { a: 'fits', b: 'fits', none: missing },
    },
    {
      name: 'of fewer domains than it wants takes the emptiest for empty',
      running: [...on('a', 1), ...on('b', 1)],
      pod: spreading({ minDomains: 3 }),
      want: { a: skewed, b: skewed, none: missing },
    },
    {
      name: 'of as many domains as it wants does not',
      running: [...on('a', 1), ...on('b', 1)],
      pod: spreading({ minDomains: 2 }),
      want: { a: 'fits', b: 'fits', none: missing },
    },
    {
      name: 'with matchLabelKeys counts pods of the same value alone',
      running: [...on('a', 1, { app: 'x', hash: '1' }), ...on('b', 1, { app: 'x', hash: '2' })],
      pod: spreading({ matchLabelKeys: ['hash', 'not-there'] }, {}, { app: 'x', hash: '2' } as never),
      want: { a: 'fits', b: skewed, none: missing },
    },
  ])('$name', ({ nodes: there = nodes, running = [], pod: incoming, want }) => {
    expect(verdicts(podTopologySpread, incoming, clusterOf(there, running))).toEqual(want);
  });

  /** Two pods in zone 1; zone 2 is empty, and whether it counts decides whether zone 1 is full. */
  const counted = { a: skewed, b: 'fits' };
  const notCounted = { a: 'fits', b: 'fits' };
  const tainted = node('b', { ...zone('2'), taints: [{ key: 'k', effect: 'NoSchedule' }] });
  const selecting: Partial<PodSpec> = { nodeSelector: { zone: '1' } };
  const requiring: Partial<PodSpec> = {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['1'] }] }],
        },
      },
    },
  };
  it.each<{ name: string; b?: Node; pod: Pod; want: Record<string, string> }>([
    { name: 'counts every node', pod: spreading(), want: counted },
    { name: 'does not count nodes that the selector leaves out', pod: spreading({}, selecting), want: notCounted },
    { name: 'does not count nodes that the affinity leaves out', pod: spreading({}, requiring), want: notCounted },
    { name: 'counts them when told to', pod: spreading({ nodeAffinityPolicy: 'Ignore' }, selecting), want: counted },
    { name: 'counts tainted nodes', b: tainted, pod: spreading(), want: counted },
    { name: 'does not count them when told so', b: tainted, pod: spreading({ nodeTaintsPolicy: 'Honor' }), want: notCounted },
    {
      name: 'counts them when the pod tolerates the taint',
      b: tainted,
      pod: spreading({ nodeTaintsPolicy: 'Honor' }, { tolerations: [{ operator: 'Exists' }] }),
      want: counted,
    },
    {
      name: 'counts nodes that are only less liked',
      b: node('b', { ...zone('2'), taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }),
      pod: spreading({ nodeTaintsPolicy: 'Honor' }),
      want: counted,
    },
  ])('$name', ({ b = nodes[1]!, pod: incoming, want }) => {
    expect(verdicts(podTopologySpread, incoming, clusterOf([nodes[0]!, b], on('a', 2)))).toEqual(want);
  });

  it('counts the nodes that selector and affinity take', () => {
    const pool = (name: string, where: string) => node(name, { labels: { zone: where, pool: 'x' } });
    const cluster = clusterOf([pool('a', '1'), nodes[1]!, pool('c', '3')], on('a', 2));
    const term = (value: string) => ({ matchExpressions: [{ key: 'pool', operator: 'In', values: [value] }] });
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term('x'), term('y')] } };
    for (const spec of [{ nodeSelector: { pool: 'x' } }, { affinity: { nodeAffinity } }]) {
      expect(verdicts(podTopologySpread, spreading({}, spec), cluster)).toEqual({ a: skewed, b: 'fits', c: 'fits' });
    }
  });
});

describe('a constraint that need not hold', () => {
  const soft = (extra: Partial<TopologySpreadConstraint> = {}) => spreading({ whenUnsatisfiable: 'ScheduleAnyway', ...extra });
  const zoneName = 'topology.kubernetes.io/zone';
  const zoned = (name: string, where: string) => node(name, { labels: { [zoneName]: where } });

  it.each<{ name: string; nodes?: Node[]; running?: Pod[]; pod: Pod; want: Record<string, number> | 'skip' }>([
    { name: 'prefers the emptier domain', running: [...on('a', 3), ...on('b', 1)], pod: soft(), want: { a: 33, b: 100, none: 0 } },
    { name: 'likes all domains alike when nothing runs', pod: soft(), want: { a: 100, b: 100, none: 0 } },
    { name: 'is no opinion of a pod without controller', running: on('a', 1), pod: pod('p', { labels: { app: 'x' } }), want: 'skip' },
    { name: 'is not made up beside those that are stated', running: on('a', 1), pod: { ...spreading(), ...owned('rs') }, want: 'skip' },
    {
      name: 'is made up for the pods of a controller: over nodes',
      nodes: [node('a'), node('b')],
      running: [pod('r', { nodeName: 'a', owner: 'rs' }), pod('s', { nodeName: 'b', owner: 'other' })],
      pod: pod('p', { owner: 'rs' }),
      want: { a: 58, b: 100 },
    },
    {
      name: 'and over zones',
      nodes: [zoned('a', '1'), zoned('b', '1'), zoned('c', '2')],
      running: [pod('r', { nodeName: 'a', owner: 'rs' })],
      pod: pod('p', { owner: 'rs' }),
      want: { a: 66, b: 84, c: 100 },
    },
  ])('$name', ({ nodes: there = nodes, running = [], pod: incoming, want }) => {
    expect(scores(podTopologySpread, incoming, clusterOf(there, running))).toEqual(want);
  });
});

function owned(owner: string): Pick<Pod, 'metadata'> {
  return { metadata: pod('p', { owner, labels: { app: 'x' } }).metadata };
}
