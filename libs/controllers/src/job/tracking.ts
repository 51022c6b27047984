import type { JobStatus, Pod } from '#api/types';
import type { End } from './end.ts';
import { indexOf, isFailed, isIndexed, isTracked } from './job-pods.ts';
import { failureVerdict } from './policies.ts';
import type { JobView } from './view.ts';

/** The counting part of a status, and the pods that it accounts for. */
export interface Tracked {
  counters: Pick<JobStatus, 'succeeded' | 'failed' | 'completedIndexes' | 'failedIndexes' | 'uncountedTerminatedPods'>;
  /** Pods whose finalizers may go once the counters are stored. */
  untrack: readonly Pod[];
  /** More are waiting than the status has room for. */
  more: boolean;
}

/** Keeps the lists of uids in a status below 20 KB. */
const maxUncounted = 500;

/**
 * KEP-2307, "Tracking finished Pods": a pod that is over is first named in `uncountedTerminatedPods`, then its finalizer is taken away, and
 * only then, in one write, its name is replaced by a count. Whenever the controller ends between two of these, the next one carries on, and
 * no pod is counted twice or not at all. Indexes that succeed need no names: the same index cannot be counted twice.
 */
export function track(view: JobView, end: End | undefined): Tracked {
  const { job, pods, succeededIndexes, failedIndexes, countedIndexes } = view;
  const { status = {} } = job;
  const tracked = pods.filter(isTracked);
  const uids = new Set(tracked.map(uidOf));
  const stays = (uid: string): boolean => uids.has(uid);
  const before = { succeeded: status.uncountedTerminatedPods?.succeeded ?? [], failed: status.uncountedTerminatedPods?.failed ?? [] };
  const names = { succeeded: before.succeeded.filter(stays), failed: before.failed.filter(stays) };
  const known = new Set([...names.succeeded, ...names.failed]);
  const removable = tracked.filter((pod) => canUntrack(view, pod, end));
  const untrack: Pod[] = [];
  let newIndexes = 0;
  for (const pod of removable) {
    if (newIndexes + names.succeeded.length + names.failed.length >= maxUncounted && untrack.length > 0) break;
    untrack.push(pod);
    const as = known.has(uidOf(pod)) ? undefined : countedAs(view, pod, end);
    if (as === 'index') newIndexes += countedIndexes.has(indexOf(pod, job) ?? -1) ? 0 : 1;
    else if (as) names[as].push(uidOf(pod));
  }
  const counted = (list: 'succeeded' | 'failed'): number => (status[list] ?? 0) + before[list].filter((uid) => !uids.has(uid)).length;
  const succeeded = isIndexed(job) ? succeededIndexes.size : counted('succeeded');
  const completedIndexes = isIndexed(job) ? succeededIndexes.toString() : '';
  return {
    counters: {
      ...(succeeded > 0 && { succeeded }),
      ...(counted('failed') > 0 && { failed: counted('failed') }),
      ...(completedIndexes !== '' && { completedIndexes }),
      ...(failedIndexes && { failedIndexes: failedIndexes.toString() }),
      uncountedTerminatedPods: {
        ...(names.succeeded.length > 0 && { succeeded: names.succeeded }),
        ...(names.failed.length > 0 && { failed: names.failed }),
      },
    },
    untrack,
    more: removable.length > untrack.length,
  };
}

const uidOf = ({ metadata }: Pod): string => metadata.uid ?? '';

/** Nobody needs the pod any more: it is over, or the whole Job is. */
function canUntrack({ job, awaitingReplacement }: JobView, pod: Pod, end: End | undefined): boolean {
  if (job.metadata.deletionTimestamp || end || pod.status?.phase === 'Succeeded') return true;
  return isFailed(pod, job) && awaitingReplacement.get(indexOf(pod, job) ?? -1) !== pod;
}

/** Undefined: the pod does not count. When a Job fails, so have all pods of it that have not succeeded. */
function countedAs({ job }: JobView, pod: Pod, end: End | undefined): 'succeeded' | 'failed' | 'index' | undefined {
  const placed = !isIndexed(job) || indexOf(pod, job) !== undefined;
  if (pod.status?.phase === 'Succeeded') return isIndexed(job) ? (placed ? 'index' : undefined) : 'succeeded';
  if (!placed || !(isFailed(pod, job) || end?.type === 'FailureTarget')) return undefined;
  return failureVerdict(job.spec.podFailurePolicy, pod).counts ? 'failed' : undefined;
}
