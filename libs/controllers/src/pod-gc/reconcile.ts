import type { Node, Pod } from '#api/types';
import { isNodeReady, isTerminal, taintKeys } from '#objects';

export interface Seen {
  pods: readonly Pod[];
  nodes: ReadonlyMap<string, Node>;
  /** Nodes that pods name but nobody has seen for at least the quarantine; they were looked up and are not there. */
  missingNodes: ReadonlySet<string>;
  /** `--terminated-pod-gc-threshold` */
  terminatedThreshold: number;
}

export interface Action {
  do: 'collect';
  pod: Pod;
  /** Set when the pod did not end by itself: it is marked Failed with this reason before it goes. */
  disruption?: string;
}

/** `pkg/controller/podgc/gc_controller.go`: pods that nobody else will ever take away. */
export function reconcile({ pods, nodes, missingNodes, terminatedThreshold }: Seen): Action[] {
  const actions = new Map<Pod, Action>();
  for (const pod of surplusTerminated(pods, terminatedThreshold)) actions.set(pod, { do: 'collect', pod });
  for (const pod of pods) {
    const { nodeName = '' } = pod.spec;
    const going = Boolean(pod.metadata.deletionTimestamp);
    if (nodeName && missingNodes.has(nodeName)) {
      actions.set(pod, { do: 'collect', pod, ...(!isTerminal(pod) && { disruption: 'PodGC: node no longer exists' }) });
    } else if (going && !nodeName) {
      actions.set(pod, { do: 'collect', pod });
    } else if (going && isOutOfService(nodes.get(nodeName))) {
      actions.set(pod, { do: 'collect', pod, ...(!isTerminal(pod) && { disruption: 'PodGC: node out-of-service' }) });
    }
  }
  return [...actions.values()];
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

/** Names of nodes that pods are bound to and that are not in the cache. */
export function unknownNodes(pods: readonly Pod[], nodes: ReadonlyMap<string, Node>): Set<string> {
  return new Set(pods.map((pod) => pod.spec.nodeName ?? '').filter((name) => name !== '' && !nodes.has(name)));
}
