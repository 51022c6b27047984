import type { Job, Pod } from '#api/types';
import { deletionOrder } from '../replicaset/deletion-order.ts';
import { remainingForIndexMs, remainingMs } from './backoff.ts';
import { IndexSet } from './index-set.ts';
import { hasLimitPerIndex, indexOf, isFailed, isIndexed, isSuspended, replacesEndedOnly } from './job-pods.ts';
import type { JobView } from './view.ts';

/** A pod to make. */
export interface NewPod {
  index?: number;
  /** Whose count of failures it carries on. */
  replaces?: Pod;
}

/** Pods to take away or to make; never both in one round. */
export interface WantedPods {
  drop: readonly Pod[];
  create: readonly NewPod[];
  /** When pods that have to wait may come. */
  waitMs?: number;
}

/** At most this many at a time: `MaxPodCreateDeletePerSync`. */
const atATime = 500;

/** `pkg/controller/job/job_controller.go`, manageJob: pods are either taken away or made in one round, and the first goes first. */
export function wantedPods(view: JobView, now: Date): WantedPods {
  const { job, active, terminating } = view;
  const wanted = isSuspended(job) ? 0 : wantedActive(view);
  const drop = surplus(view, Math.max(0, active.length - wanted), now).slice(0, isSuspended(job) ? undefined : atATime);
  if (drop.length > 0 || isSuspended(job)) return { drop, create: [] };
  const room = wanted - active.length - (replacesEndedOnly(job) ? terminating.length : 0);
  return room > 0 ? creations(view, Math.min(room, atATime), now) : { drop, create: [] };
}

function wantedActive({ job, active, succeeded }: JobView): number {
  const { completions, parallelism = 1 } = job.spec;
  // A queue of work: once a pod has said that it is done, no further one starts.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

/** Pods without a valid index, all but one of each index, and then those that have come least far. */
function surplus({ job, active }: JobView, count: number, now: Date): Pod[] {
  const unwanted = isIndexed(job) ? misplaced(job, active, now) : [];
  const left = active.filter((pod) => !unwanted.includes(pod));
  return [...unwanted, ...deletionOrder(left, [], now).slice(0, Math.max(0, count - unwanted.length))];
}

function misplaced(job: Job, active: readonly Pod[], now: Date): Pod[] {
  const byIndex = Map.groupBy(active, (pod) => indexOf(pod, job));
  return [...byIndex].flatMap(([index, pods]) =>
    index === undefined ? pods : pods.length > 1 ? deletionOrder(pods, [], now).slice(0, -1) : [],
  );
}

/** New pods, as far as no backoff holds them up. With a limit per index each index waits for itself, else the whole Job waits. */
function creations(view: JobView, room: number, now: Date): WantedPods {
  const { job, awaitingReplacement } = view;
  const wait = hasLimitPerIndex(job) ? 0 : remainingMs(endedPods(view), now);
  if (wait > 0) return { drop: [], create: [], waitMs: wait };
  if (!isIndexed(job)) return { drop: [], create: Array.from({ length: room }, () => ({})) };
  const pods = pendingIndexes(view, room).map((index): NewPod & { index: number } => {
    const replaces = awaitingReplacement.get(index);
    return { index, ...(replaces && { replaces }) };
  });
  const waits = pods.map(({ replaces }) => remainingForIndexMs(replaces, now));
  const waitMs = Math.min(...waits.filter((ms) => ms > 0));
  return { drop: [], create: pods.filter((_pod, i) => waits[i] === 0), ...(Number.isFinite(waitMs) && { waitMs }) };
}

const endedPods = ({ job, pods }: JobView): { succeeded: Pod[]; failed: Pod[] } => ({
  succeeded: pods.filter(({ status }) => status?.phase === 'Succeeded'),
  failed: pods.filter((pod) => isFailed(pod, job)),
});

/**
 * The lowest indexes that have neither succeeded, nor failed for good, nor a pod. One whose pod is only going counts as busy where that
 * pod has to end first.
 */
function pendingIndexes({ job, active, terminating, succeededIndexes, failedIndexes }: JobView, count: number): number[] {
  const busy = replacesEndedOnly(job) ? [...active, ...terminating] : active;
  const taken = succeededIndexes.with(IndexSet.of(busy.flatMap((pod) => indexOf(pod, job) ?? []))).with(failedIndexes ?? IndexSet.empty);
  return taken.missing(count, job.spec.completions ?? 0);
}
