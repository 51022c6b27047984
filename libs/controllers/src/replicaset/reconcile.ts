import { lookUp } from '#base';
import { labelMatcher } from '#api';
import type { Pod, ReplicaSet, ReplicaSetStatus } from '#api/types';
import { claim } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { isActive, isAvailable, isReady, isTerminating, readySince } from '#objects';
import { deletionOrder } from './deletion-order.ts';

/**
 * One ReplicaSet and what may be its own. `pods` are out of the cache, in which the controller's own latest writes are seen
 * (expectations).
 */
export interface Seen {
  set: ReplicaSet;
  /** Its own, and those of the namespace that are nobody's. */
  pods: readonly Pod[];
  /** Active pods of all sets with the same owner: surplus goes first where a node has several of them. */
  related: readonly Pod[];
}

/** What a round does, in this order: references first, so that counts are of pods which are the set's; the status last. */
export type Action =
  | { do: 'adoptPod'; set: ReplicaSet; pod: Pod }
  | { do: 'releasePod'; set: ReplicaSet; pod: Pod }
  /** One at first when the last try failed, so that a quota or a webhook that refuses is not asked for all of them each time. */
  | { do: 'createPods'; set: ReplicaSet; count: number; cautious: boolean; status: ReplicaSetStatus }
  | { do: 'deletePods'; set: ReplicaSet; pods: readonly Pod[]; status: ReplicaSetStatus }
  | { do: 'updateStatus'; set: ReplicaSet; status: ReplicaSetStatus };

/** At most this many creations or deletions in one round: `replicaset.BurstReplicas`. */
export const burstReplicas = 500;

/** `pkg/controller/replicaset/replica_set.go`, syncReplicaSet. */
export function reconcile({ set, pods, related }: Seen, now: Date): Plan<Action> {
  const { owned, adopt, release } = claim(set, labelMatcher(set.spec.selector), pods);
  const claimed = [...owned, ...adopt.filter(isActive)];
  const active = claimed.filter(isActive);
  const wanted = set.spec.replicas ?? 1;
  const difference = set.metadata.deletionTimestamp ? 0 : active.length - wanted;
  const status = statusOf(set, claimed, difference !== 0, now);

  const actions: Action[] = [
    ...adopt.filter(isActive).map((pod): Action => ({ do: 'adoptPod', set, pod })),
    ...release.map((pod): Action => ({ do: 'releasePod', set, pod })),
  ];
  if (difference < 0) {
    const cautious = set.status?.conditions?.some((c) => c.type === 'ReplicaFailure') ?? false;
    actions.push({ do: 'createPods', set, count: Math.min(-difference, burstReplicas), cautious, status });
  }
  if (difference > 0) {
    const surplus = deletionOrder(active, related, now).slice(0, Math.min(difference, burstReplicas));
    actions.push({ do: 'deletePods', set, pods: surplus, status });
  }
  if (!sameStatus(set.status, status)) actions.push({ do: 'updateStatus', set, status });
  return { actions, ...nextLook(set, active, now) };
}

/** Counts as upstream's calculateStatus: only active pods are replicas, those on their way out are told apart (KEP-3973). */
function statusOf(set: ReplicaSet, claimed: readonly Pod[], scaling: boolean, now: Date): ReplicaSetStatus {
  const active = claimed.filter(isActive);
  const templateLabels = Object.entries(set.spec.template?.metadata?.labels ?? {});
  const ready = active.filter(isReady);
  // A failure stands until the number of pods is right again.
  const conditions = (set.status?.conditions ?? []).filter((condition) => scaling || condition.type !== 'ReplicaFailure');
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => templateLabels.every(([key, value]) => lookUp(pod.metadata.labels, key) === value)).length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
    terminatingReplicas: claimed.filter(isTerminating).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions }),
  };
}

/**
 * Whether writing the status would change nothing. Absent counts are 0, as in Go. Unchanged ones are not written, since each write wakes
 * the Deployment above.
 */
export function sameStatus(present: ReplicaSetStatus | undefined, next: ReplicaSetStatus): boolean {
  const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'terminatingReplicas'] as const;
  return (
    present?.observedGeneration === next.observedGeneration &&
    counts.every((count) => (present?.[count] ?? 0) === (next[count] ?? 0)) &&
    JSON.stringify(present?.conditions ?? []) === JSON.stringify(next.conditions ?? [])
  );
}

/** A pod that is ready becomes available by the mere passing of time, which no event tells. */
function nextLook(set: ReplicaSet, active: readonly Pod[], now: Date): { requeueAfterMs?: number } {
  const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1000;
  if (minReadyMs === 0) return {};
  const waits = active.map((pod) => (readySince(pod) ?? Number.NaN) + minReadyMs - now.getTime()).filter((ms) => ms > 0);
  return waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : {};
}
