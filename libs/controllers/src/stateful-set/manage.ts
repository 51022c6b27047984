import { scaledValue } from '#api';
import type { Pod, StatefulSet } from '#api/types';
import { isAvailable, isTerminal } from '#objects';
import { templateOf } from '../revisions/revision.ts';
import { type History, revisionOf } from './history.ts';
import { type Blueprint, missingIdentity, ordinalOf } from './identity.ts';

export interface Changes {
  create: Blueprint[];
  remove: Pod[];
  /** Have lost the labels of their identity. */
  relabel: Pod[];
}

/** Which pods of a set come and go: `pkg/controller/statefulset/stateful_set_control.go`, updateStatefulSet. */
export function manage(set: StatefulSet, pods: readonly Pod[], history: History, now: Date): Changes {
  const changes: Changes = { create: [], remove: [], relabel: [] };
  const places = placesOf(set, pods);
  const rules = { set, history, isOrdered: set.spec.podManagementPolicy !== 'Parallel', available: availableIn(set, now) };
  if (keep(places, rules, changes) && condemn(places, rules, changes)) rollOut(places, rules, changes);
  return changes;
}

interface Places {
  /** By ordinal; a pod that is missing is undefined. */
  wanted: readonly { ordinal: number; pod: Pod | undefined }[];
  /** Outside the ordinals of the set, the highest first. */
  condemned: readonly Pod[];
}

interface Rules {
  set: StatefulSet;
  history: History;
  isOrdered: boolean;
  available: (pod: Pod) => boolean;
}

/** Running, ready for long enough, and not going. */
function availableIn(set: StatefulSet, now: Date): (pod: Pod) => boolean {
  return (pod) =>
    pod.status?.phase === 'Running' && !pod.metadata.deletionTimestamp && isAvailable(pod, set.spec.minReadySeconds ?? 0, now);
}

function placesOf(set: StatefulSet, pods: readonly Pod[]): Places {
  const { replicas = 1, ordinals } = set.spec;
  const start = ordinals?.start ?? 0;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
  const wanted = Array.from({ length: replicas }, (_, i) => ({ ordinal: start + i, pod: byOrdinal.get(start + i) }));
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal >= 0 && (ordinal < start || ordinal >= start + replicas))
    .toSorted(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  return { wanted, condemned };
}

/** Answers whether anything may go: in order, not before all that shall be there are. */
function keep({ wanted }: Places, { set, history, isOrdered, available }: Rules, changes: Changes): boolean {
  for (const { ordinal, pod } of wanted) {
    if (!pod) changes.create.push(blueprint(set, history, ordinal));
    else if (isTerminal(pod)) {
      // However it has ended: a pod that was evicted may well have ended with success.
      if (!pod.metadata.deletionTimestamp) changes.remove.push(pod);
    } else if (available(pod) || !isOrdered) {
      if (missingIdentity(pod)) changes.relabel.push(pod);
      continue;
    }
    if (isOrdered) return false;
  }
  return true;
}

/** In a rolling update, pods below the partition come back as they were. */
function blueprint({ spec }: StatefulSet, { current, update }: History, ordinal: number): Blueprint {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  const isKept = type !== 'OnDelete' && ordinal < (spec.ordinals?.start ?? 0) + (rollingUpdate?.partition ?? 0);
  const revision = isKept ? current : update;
  return { ordinal, revision: revision.metadata.name ?? '', template: templateOf(revision) };
}

/** Answers whether nothing that is too much is in the way of an update. */
function condemn({ condemned }: Places, { isOrdered, available }: Rules, changes: Changes): boolean {
  const firstUnavailable = condemned.findLast((pod) => !available(pod));
  for (const pod of condemned) {
    const isGoing = Boolean(pod.metadata.deletionTimestamp);
    const mayGo = !isOrdered || available(pod) || pod === firstUnavailable;
    if (!isGoing && mayGo) changes.remove.push(pod);
    if (isOrdered) return false;
  }
  return true;
}

/** The highest ordinal first, down to the partition. */
function rollOut({ wanted }: Places, { set, history, available }: Rules, changes: Changes): void {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === 'OnDelete') return;
  const limit = Math.max(1, scaledValue(rollingUpdate?.maxUnavailable ?? 1, wanted.length, 'down'));
  let allowed = limit - wanted.filter(({ pod }) => !pod || !available(pod)).length;
  const old = wanted
    .slice(rollingUpdate?.partition ?? 0)
    .flatMap(({ pod }) => pod ?? [])
    .filter((pod) => revisionOf(pod) !== history.update.metadata.name)
    .filter((pod) => !pod.metadata.deletionTimestamp && !changes.remove.includes(pod))
    .toReversed();
  // What serves nobody goes whatever the limit (only pods that come up together get here so): a limit that it uses up would hold it for ever.
  for (const pod of old) if (!available(pod) || allowed-- > 0) changes.remove.push(pod);
}
