import type { Node, Pod } from '#api/types';
import { isNodeReady, isTerminal, taintKeys } from '#objects';

/** The whole cluster at once: how many pods have ended is not a question about one of them. */
export interface Seen {
  pods: readonly Pod[];
  nodes: ReadonlyMap<string, Node>;
  /** Nodes that pods name and the cache does not have, and since when. */
  unknownSince: UnknownSince;
  /** Those of them that have been so for the quarantine, were looked up and are not there. */
  missingNodes: ReadonlySet<string>;
  /** `--terminated-pod-gc-threshold` */
  terminatedThreshold: number;
}

/**
 * Names of nodes with the milliseconds of the clock at which each was first missed. Lost with the process, which only starts the wait
 * anew.
 */
export type UnknownSince = ReadonlyMap<string, number>;

/** Deletes the pod with grace 0: its node is gone for good, or nothing of it runs that could be ended. */
export interface Action {
  do: 'collect';
  pod: Pod;
  /** It did not end by itself: it is marked Failed before it goes. */
  fails?: true;
  /** And its condition says this. What was to go before has been told why by whoever ended it. */
  disruption?: string;
}

/** `pkg/controller/podgc/gc_controller.go`: pods that nobody else will ever take away. */
export function reconcile(seen: Seen): { actions: Action[]; memory: UnknownSince } {
  const { pods, nodes, missingNodes, terminatedThreshold } = seen;
  const actions = new Map<Pod, Action>();
  for (const pod of surplusTerminated(pods, terminatedThreshold)) actions.set(pod, { do: 'collect', pod });
  for (const pod of pods) {
    const { nodeName = '' } = pod.spec;
    const going = Boolean(pod.metadata.deletionTimestamp);
    if (nodeName && missingNodes.has(nodeName)) {
      actions.set(pod, { do: 'collect', pod, ...(!isTerminal(pod) && { fails: true, disruption: 'PodGC: node no longer exists' }) });
    } else if (going && (!nodeName || isOutOfService(nodes.get(nodeName)))) {
      actions.set(pod, { do: 'collect', pod, ...(!isTerminal(pod) && { fails: true }) });
    }
  }
  return { actions: [...actions.values()], memory: seen.unknownSince };
}

/** The oldest go first; evicted ones before others. */
function surplusTerminated(pods: readonly Pod[], threshold: number): Pod[] {
  if (threshold <= 0) return [];
  const terminated = pods.filter(isTerminal);
  const isEvicted = (pod: Pod): number => Number(pod.status?.reason === 'Evicted');
  return terminated
    .toSorted(
      (a, b) =>
        isEvicted(b) - isEvicted(a) ||
        Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') ||
        ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
    )
    .slice(0, Math.max(0, terminated.length - threshold));
}

/** An administrator says with the taint that the node is off for good: KEP-2268. It must be not ready as well. */
function isOutOfService(node: Node | undefined): boolean {
  return node !== undefined && !isNodeReady(node) && (node.spec.taints ?? []).some((taint) => taint.key === taintKeys.outOfService);
}

/** `quarantineTime` of upstream's controller. */
const quarantineMs = 40_000;

/** Nodes that pods are bound to and that are not in the cache, since when; a node may be newer than the cache, or just be made again. */
export function unknownNodes(seen: Pick<Seen, 'pods' | 'nodes'>, before: UnknownSince, nowMs: number): UnknownSince {
  const names = seen.pods.map((pod) => pod.spec.nodeName ?? '').filter((name) => name !== '' && !seen.nodes.has(name));
  return new Map(names.map((name) => [name, before.get(name) ?? nowMs]));
}

/** Those to look for at the server. */
export function overdue(unknownSince: UnknownSince, nowMs: number): string[] {
  return [...unknownSince].filter(([, sinceMs]) => nowMs - sinceMs >= quarantineMs).map(([name]) => name);
}
