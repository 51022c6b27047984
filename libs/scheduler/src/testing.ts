import type { Node, Pod, PodSpec, Taint } from '#api/types';
import { ClusterCache } from './cache/cluster-cache.ts';
import { podInfo } from './cache/pod-info.ts';
import type { Stored } from './cache/storage-cache.ts';
import type { Cluster, CycleState, FilterPlugin, PreFilterPlugin, ScorePlugin } from './contract.ts';

/** A node with room for ten pods: 4 cores, 8 GiB. */
export function node(name: string, { cpu = '4', memory = '8Gi', labels = {}, taints = [], unschedulable = false }: NodeOptions = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { taints, unschedulable },
    status: { allocatable: { cpu, memory, pods: '10' } },
  };
}

export interface NodeOptions {
  cpu?: string;
  memory?: string;
  labels?: Record<string, string>;
  taints?: Taint[];
  unschedulable?: boolean;
}

/** A pod of one container in the namespace `default`. */
export function pod(name: string, { cpu, memory, labels = {}, owner, spec = {}, nodeName }: PodOptions = {}): Pod {
  const requests = { ...(cpu && { cpu }), ...(memory && { memory }) };
  const ownerReferences = owner ? [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }] : [];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      labels,
      ownerReferences,
      creationTimestamp: '2026-01-01T00:00:00Z',
      resourceVersion: '1',
    },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'c', image: 'x', resources: { requests } }],
      ...(nodeName && { nodeName }),
      ...spec,
    },
    status: { phase: 'Pending' },
  };
}

export interface PodOptions {
  cpu?: string;
  memory?: string;
  labels?: Record<string, string>;
  owner?: string;
  nodeName?: string;
  spec?: Partial<PodSpec>;
}

/** These nodes with these pods on them. A namespace has its name as a label, as every served one. */
export function clusterOf(
  nodes: readonly Node[],
  running: readonly Pod[] = [],
  stored: { [K in keyof Stored]?: Stored[K][] } = {},
): ClusterCache {
  const cache = new ClusterCache();
  for (const kind of Object.keys(stored) as (keyof Stored)[]) for (const each of stored[kind] ?? []) cache.storage.set(kind, each, false);
  for (const each of nodes) cache.setNode(each);
  for (const each of running) cache.setPod(each);
  for (const name of ['default', ...running.map(({ metadata }) => metadata.namespace ?? '')]) {
    cache.setNamespace(name, { 'kubernetes.io/metadata.name': name });
  }
  return cache;
}

/** What a plugin says to a pod of each node: `fits`, or its reasons, marked where no eviction could help. 'skip': it was not asked. */
export function verdicts(
  plugin: FilterPlugin & Partial<PreFilterPlugin>,
  incoming: Pod,
  cluster: Cluster,
): Record<string, string> | 'skip' {
  const [state, info]: [CycleState, ReturnType<typeof podInfo>] = [new Map(), podInfo(incoming)];
  const before = plugin.preFilter?.(state, info, cluster);
  if (before === 'skip') return 'skip';
  return Object.fromEntries(
    cluster.nodes.map((each) => {
      const verdict = before ?? plugin.filter(state, info, each);
      return [each.name, verdict.fits ? 'fits' : `${verdict.reasons.join(', ')}${verdict.unresolvable ? ' (unresolvable)' : ''}`];
    }),
  );
}

/** How a plugin likes each node for a pod: 0 to 100, before its weight. */
export function scores(plugin: ScorePlugin, incoming: Pod, cluster: Cluster): Record<string, number> | 'skip' {
  const [state, info]: [CycleState, ReturnType<typeof podInfo>] = [new Map(), podInfo(incoming)];
  if (plugin.preScore?.(state, info, cluster.nodes, cluster) === 'skip') return 'skip';
  const values = cluster.nodes.map((each) => plugin.score(state, info, each));
  plugin.normalize?.(values);
  return Object.fromEntries(cluster.nodes.map(({ name }, i) => [name, values[i]!]));
}
