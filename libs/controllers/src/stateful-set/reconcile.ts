import { labelMatcher } from '#api';
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet, StatefulSetStatus } from '#api/types';
import { claim } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { isAvailable, isReady, readySince } from '#objects';
import { type History, historyOf, revisionOf } from './history.ts';
import { type Blueprint, missingIdentity, ordinalOf } from './identity.ts';
import { manage } from './manage.ts';
import { type Claims, lacksClaims, ownedAnew } from './retention.ts';

export interface Seen {
  set: StatefulSet;
  /** Its own, and those of the namespace that are nobody's. */
  pods: readonly Pod[];
  /** The same of its history. */
  revisions: readonly ControllerRevision[];
  /** Those that its pods have, or would have. */
  claims: Claims;
}

export type Action =
  | { do: 'adopt'; set: StatefulSet; what: 'pods' | 'controllerRevisions'; object: Pod | ControllerRevision }
  | { do: 'release'; set: StatefulSet; what: 'pods' | 'controllerRevisions'; object: Pod | ControllerRevision }
  | { do: 'createRevision'; set: StatefulSet; revision: ControllerRevision }
  | { do: 'numberRevision'; revision: ControllerRevision; number: number }
  | { do: 'deleteRevisions'; revisions: readonly ControllerRevision[] }
  | { do: 'updateStatus'; set: StatefulSet; status: StatefulSetStatus }
  | { do: 'relabelPod'; set: StatefulSet; pod: Pod; labels: Record<string, string> }
  | { do: 'ownClaim'; claim: PersistentVolumeClaim }
  | { do: 'createClaims'; set: StatefulSet; pod: string }
  | { do: 'deletePods'; set: StatefulSet; pods: readonly Pod[] }
  | { do: 'createPods'; set: StatefulSet; pods: readonly Blueprint[] };

/** `pkg/controller/statefulset/stateful_set.go`, sync. */
export function reconcile(seen: Seen, now: Date): Plan<Action> {
  const { set } = seen;
  const selector = labelMatcher(set.spec.selector);
  const isMember = (pod: Pod): boolean => ordinalOf(set, pod) !== undefined;
  const pods = claim(set, selector, seen.pods.filter(isMember));
  // One that the set could not have named is no place's: it is let go, as one that is no longer chosen.
  const strangers = claim(
    set,
    { matches: () => false },
    seen.pods.filter((pod) => !isMember(pod)),
  );
  const revisions = claim(set, selector, seen.revisions);
  const claimed = [...pods.owned, ...pods.adopt];
  const history = historyOf(set, [...revisions.owned, ...revisions.adopt], claimed);
  const status = statusOf(set, claimed, history, now);
  const writeStatus: Action[] = sameStatus(set.status, status) ? [] : [{ do: 'updateStatus', set, status }];
  // The history of a set that goes may be gone before it, and is not made anew.
  if (set.metadata.deletionTimestamp) return { actions: history.isNew ? [] : writeStatus };
  const { create, remove, relabel } = manage(set, claimed, history, now);
  const actions: Action[] = [
    ...references(set, 'pods', { adopt: pods.adopt, release: [...pods.release, ...strangers.release] }),
    ...references(set, 'controllerRevisions', revisions),
    ...writeHistory(set, history),
    ...writeStatus,
    ...claimed
      .filter((pod) => lacksClaims(set, pod, seen.claims))
      .map((pod): Action => ({ do: 'createClaims', set, pod: pod.metadata.name ?? '' })),
    // Before the pods: the claim of one that goes is to go with it.
    ...ownedAnew(set, claimed, seen.claims).map((claim): Action => ({ do: 'ownClaim', claim })),
    ...relabel.map((pod): Action => ({ do: 'relabelPod', set, pod, labels: missingIdentity(pod) ?? {} })),
  ];
  if (remove.length > 0) actions.push({ do: 'deletePods', set, pods: remove });
  if (create.length > 0) actions.push({ do: 'createPods', set, pods: create });
  if (history.surplus.length > 0) actions.push({ do: 'deleteRevisions', revisions: history.surplus });
  return { actions, ...nextLook(set, claimed, now) };
}

function references(
  set: StatefulSet,
  what: 'pods' | 'controllerRevisions',
  { adopt, release }: { adopt: readonly (Pod | ControllerRevision)[]; release: readonly (Pod | ControllerRevision)[] },
): Action[] {
  return [
    ...adopt.map((object): Action => ({ do: 'adopt', set, what, object })),
    ...release.map((object): Action => ({ do: 'release', set, what, object })),
  ];
}

function writeHistory(set: StatefulSet, { isNew, update, number }: History): Action[] {
  if (isNew) return [{ do: 'createRevision', set, revision: update }];
  return update.revision === number ? [] : [{ do: 'numberRevision', revision: update, number }];
}

function statusOf(set: StatefulSet, pods: readonly Pod[], { current, update }: History, now: Date): StatefulSetStatus {
  const { minReadySeconds = 0, replicas: wanted = 1, updateStrategy } = set.spec;
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod));
  const staying = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const ofRevision = ({ metadata }: ControllerRevision): number => staying.filter((pod) => revisionOf(pod) === metadata.name).length;
  const updatedReplicas = ofRevision(update);
  const isComplete = updateStrategy?.type !== 'OnDelete' && [updatedReplicas, ready.length, pods.length].every((count) => count === wanted);
  const { conditions, collisionCount = 0 } = set.status ?? {};
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, minReadySeconds, now)).length,
    currentReplicas: isComplete ? updatedReplicas : ofRevision(current),
    updatedReplicas,
    currentRevision: (isComplete ? update : current).metadata.name,
    updateRevision: update.metadata.name,
    collisionCount,
    ...(conditions && { conditions }),
  };
}

function sameStatus(present: StatefulSetStatus | undefined, next: StatefulSetStatus): boolean {
  const counts = ['observedGeneration', 'replicas', 'readyReplicas', 'availableReplicas', 'currentReplicas', 'updatedReplicas'] as const;
  return (
    counts.every((count) => (present?.[count] ?? 0) === (next[count] ?? 0)) &&
    present?.currentRevision === next.currentRevision &&
    present?.updateRevision === next.updateRevision
  );
}

/** A pod that is ready becomes available by the mere passing of time, which no event tells. */
function nextLook({ spec }: StatefulSet, pods: readonly Pod[], now: Date): { requeueAfterMs?: number } {
  const minReadyMs = (spec.minReadySeconds ?? 0) * 1000;
  const waits = pods.map((pod) => (readySince(pod) ?? -Infinity) + minReadyMs - now.getTime()).filter((ms) => ms > 0);
  return waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : {};
}
