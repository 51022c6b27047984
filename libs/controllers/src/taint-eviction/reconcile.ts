import type { Node, Pod, Taint, Toleration } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { isTerminal, toleratesTaint } from '#objects';

/** A pod and the node that it is bound to; either of them changing is a reason to look again. */
export interface Seen {
  pod: Pod;
  node: Node;
}

/** Deletes the pod with its own grace period. */
export interface Action {
  do: 'evict';
  pod: Pod;
}

/**
 * `pkg/controller/tainteviction`: a pod leaves a node with a NoExecute taint that it does not tolerate at once, else when the shortest
 * toleration has run out. It runs from the taint's `timeAdded`, so a change of leader does not lengthen it.
 */
export function reconcile({ pod, node }: Seen, now: Date): Plan<Action> {
  if (pod.metadata.deletionTimestamp || isTerminal(pod)) return { actions: [] };
  const taints = (node.spec.taints ?? []).filter((taint) => taint.effect === 'NoExecute');
  const waits = taints.map((taint) => untilMs(taint, pod.spec.tolerations ?? [], now));
  const waitMs = Math.min(Number.POSITIVE_INFINITY, ...waits);
  if (waitMs === Number.POSITIVE_INFINITY) return { actions: [] };
  return waitMs <= 0 ? { actions: [{ do: 'evict', pod }] } : { actions: [], requeueAfterMs: waitMs };
}

/** How long the taint is still tolerated: the shortest of the tolerations that match. */
function untilMs(taint: Taint, tolerations: readonly Toleration[], now: Date): number {
  const matching = tolerations.filter((toleration) => toleratesTaint(toleration, taint));
  if (matching.length === 0) return 0;
  const seconds = Math.min(...matching.map(({ tolerationSeconds }) => Math.max(0, tolerationSeconds ?? Number.POSITIVE_INFINITY)));
  const from = taint.timeAdded ? Date.parse(taint.timeAdded) : now.getTime();
  return from + seconds * 1000 - now.getTime();
}
