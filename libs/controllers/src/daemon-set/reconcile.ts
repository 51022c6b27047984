import { labelMatcher } from '#api';
import type { ControllerRevision, DaemonSet, DaemonSetStatus, Node, Pod } from '#api/types';
import { claim } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { readySince } from '#objects';
import { hashOf, type History, historyOf, revisionHashLabel, surplus } from './history.ts';
import { type Changes, type Ended, manage } from './manage.ts';
import { type Place, placesOf, PodRules } from './places.ts';
import { rollingUpdate } from './rolling-update.ts';

export interface Seen {
  set: DaemonSet;
  nodes: readonly Node[];
  /** Its own, and those of the namespace that are nobody's. */
  pods: readonly Pod[];
  /** The same of its history. */
  revisions: readonly ControllerRevision[];
  /** When the next failed pod of a node may be removed. */
  retryAtMs(node: string, now: Date): number;
}

export type Action =
  | { do: 'adopt'; set: DaemonSet; what: 'pods' | 'controllerRevisions'; object: Pod | ControllerRevision }
  | { do: 'release'; set: DaemonSet; what: 'pods' | 'controllerRevisions'; object: Pod | ControllerRevision }
  | { do: 'createRevision'; set: DaemonSet; revision: ControllerRevision }
  /** Its number, and its label where it has lost it. */
  | { do: 'markRevision'; revision: ControllerRevision; number: number; hash: string }
  | { do: 'relabelPods'; pods: readonly Pod[]; hash: string }
  | { do: 'deleteRevisions'; revisions: readonly ControllerRevision[] }
  | { do: 'updateStatus'; set: DaemonSet; status: DaemonSetStatus }
  | { do: 'removeEnded'; set: DaemonSet; ended: readonly Ended[] }
  | { do: 'deletePods'; set: DaemonSet; pods: readonly Pod[] }
  | { do: 'createPods'; set: DaemonSet; nodes: readonly string[]; hash: string };

/** At most this many creations or deletions in one round: `daemon.BurstReplicas`. */
export const burst = 250;

/** `pkg/controller/daemon/daemon_controller.go`, syncDaemonSet. */
export function reconcile(seen: Seen, now: Date): Plan<Action> {
  const { set, nodes } = seen;
  // The history of a set that goes may be gone already, and without it nothing tells which pods are up to date.
  if (set.metadata.deletionTimestamp) return { actions: [] };
  const selector = labelMatcher(set.spec.selector);
  const pods = claim(set, selector, seen.pods);
  const revisions = claim(set, selector, seen.revisions);
  const claimed = [...pods.owned, ...pods.adopt];
  const history = historyOf(set, [...revisions.owned, ...revisions.adopt]);
  const rules = new PodRules(set, history.hash, now);
  const places = placesOf(set, nodes, claimed);
  const changes = manage(set, places, rules, (node) => seen.retryAtMs(node, now));
  // What is amiss is mended before anything is replaced.
  if (isEmpty(changes) && set.spec.updateStrategy?.type === 'RollingUpdate') {
    Object.assign(changes, rollingUpdate(set, places.all, rules));
  }
  const status = statusOf(set, places.all, rules);
  const actions: Action[] = [
    ...references(set, 'pods', pods),
    ...references(set, 'controllerRevisions', revisions),
    ...writeHistory(set, history, claimed),
    ...(sameStatus(set.status, status) ? [] : [{ do: 'updateStatus' as const, set, status }]),
    ...changePods(set, changes, history.hash),
  ];
  const superfluous = surplus(set, history, claimed);
  if (superfluous.length > 0) actions.push({ do: 'deleteRevisions', revisions: superfluous });
  const nextMs = Math.min(changes.retryAtMs, ...availableAt(set, claimed, now)) - now.getTime();
  return { actions, ...(nextMs !== Infinity && { requeueAfterMs: Math.max(1, nextMs) }) };
}

function isEmpty({ createOn, remove, ended }: Changes): boolean {
  return createOn.length + remove.length + ended.length === 0;
}

type Owned = Pod | ControllerRevision;

function references(
  set: DaemonSet,
  what: 'pods' | 'controllerRevisions',
  { adopt, release }: { adopt: readonly Owned[]; release: readonly Owned[] },
): Action[] {
  return [
    ...adopt.map((object): Action => ({ do: 'adopt', set, what, object })),
    ...release.map((object): Action => ({ do: 'release', set, what, object })),
  ];
}

function writeHistory(set: DaemonSet, history: History, pods: readonly Pod[]): Action[] {
  const { current, duplicates, hash, isNew, revision } = history;
  if (isNew) return [{ do: 'createRevision', set, revision: current }];
  const actions: Action[] = [current, ...history.old]
    .map((object) => ({ object, number: object === current ? revision : object.revision }))
    .filter(({ object, number }) => object.revision !== number || !object.metadata.labels?.[revisionHashLabel])
    .map(({ object, number }) => ({ do: 'markRevision', revision: object, number, hash: hashOf(object) }));
  if (duplicates.length === 0) return actions;
  const gone = new Set(duplicates.map(hashOf));
  const relabelled = pods.filter(({ metadata }) => gone.has(metadata.labels?.[revisionHashLabel] ?? ''));
  if (relabelled.length > 0) actions.push({ do: 'relabelPods', pods: relabelled, hash });
  return [...actions, { do: 'deleteRevisions', revisions: duplicates }];
}

function changePods(set: DaemonSet, { createOn, remove, ended }: Changes, hash: string): Action[] {
  return [
    ...(ended.length > 0 ? [{ do: 'removeEnded' as const, set, ended: ended.slice(0, burst) }] : []),
    ...(remove.length > 0 ? [{ do: 'deletePods' as const, set, pods: remove.slice(0, burst) }] : []),
    ...(createOn.length > 0 ? [{ do: 'createPods' as const, set, nodes: createOn.slice(0, burst), hash }] : []),
  ];
}

function statusOf(set: DaemonSet, places: readonly Place[], rules: PodRules): DaemonSetStatus {
  const wanted = places.filter((place) => place.wanted);
  const counted = wanted.flatMap(({ pods }) => pods.slice(0, 1));
  const ready = counted.filter((pod) => rules.isReady(pod));
  const available = ready.filter((pod) => rules.isAvailable(pod)).length;
  const { collisionCount, conditions } = set.status ?? {};
  return {
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: counted.length,
    numberMisscheduled: places.filter((place) => !place.wanted && place.pods.length > 0).length,
    numberReady: ready.length,
    updatedNumberScheduled: counted.filter((pod) => rules.isUpdated(pod)).length,
    numberAvailable: available,
    numberUnavailable: wanted.length - available,
    observedGeneration: set.metadata.generation ?? 0,
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions && { conditions }),
  };
}

const counts = [
  'desiredNumberScheduled',
  'currentNumberScheduled',
  'numberMisscheduled',
  'numberReady',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'observedGeneration',
] as const;

function sameStatus(present: DaemonSetStatus | undefined, next: DaemonSetStatus): boolean {
  return counts.every((count) => (present?.[count] ?? 0) === (next[count] ?? 0));
}

/** A pod that is ready becomes available by the mere passing of time, which no event tells. */
function availableAt(set: DaemonSet, pods: readonly Pod[], now: Date): number[] {
  const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1000;
  return pods.map((pod) => (readySince(pod) ?? -Infinity) + minReadyMs).filter((ms) => ms > now.getTime());
}
