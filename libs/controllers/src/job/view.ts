import type { Job, Pod } from '#api/types';
import { isActive, isTerminating } from '#objects';
import { IndexSet } from './index-set.ts';
import { failuresOf, finishedMs, hasLimitPerIndex, ignoredFailuresOf, indexOf, isFailed, isIndexed, isTracked } from './job-pods.ts';
import { failureVerdict } from './policies.ts';

/** A Job as its pods show it. */
export interface JobView {
  job: Job;
  /** Of this Job, by index where they have one. */
  pods: readonly Pod[];
  active: readonly Pod[];
  terminating: readonly Pod[];
  /** Pods that the status counts or names as uncounted are not in these two. */
  newlySucceeded: readonly Pod[];
  newlyFailed: readonly Pod[];
  succeeded: number;
  failed: number;
  /** Of an Indexed Job: what the status says, and with what has come since. */
  countedIndexes: IndexSet;
  succeededIndexes: IndexSet;
  /** Where each index has a limit of its own. */
  failedIndexes?: IndexSet;
  /** By index, the failed pod that its replacement will carry on the count of failures from: it stays until then (KEP-3850). */
  awaitingReplacement: ReadonlyMap<number, Pod>;
}

/**
 * Sorts a Job's pods into what the decision needs. Pods that its status has not counted yet and those that it has are told apart by the
 * finalizer that they carry until then (KEP-2307).
 */
export function viewOf(job: Job, owned: readonly Pod[]): JobView {
  const { status = {}, spec } = job;
  const indexed = isIndexed(job);
  const pods = indexed ? owned.toSorted((a, b) => (indexOf(a, job) ?? -1) - (indexOf(b, job) ?? -1)) : owned;
  const active = pods.filter(isActive);
  const uncounted = {
    succeeded: new Set(status.uncountedTerminatedPods?.succeeded),
    failed: new Set(status.uncountedTerminatedPods?.failed),
  };
  const valid = pods.filter((pod) => isTracked(pod) && (!indexed || indexOf(pod, job) !== undefined));
  const fresh = (known: ReadonlySet<string>, over: (pod: Pod) => boolean): Pod[] =>
    valid.filter((pod) => !known.has(pod.metadata.uid ?? '') && over(pod));
  const newlySucceeded = fresh(uncounted.succeeded, hasSucceeded);
  const newlyFailed = fresh(uncounted.failed, (pod) => isFailed(pod, job));
  const counting = newlyFailed.filter((pod) => failureVerdict(spec.podFailurePolicy, pod).counts);
  const countedIndexes = indexed ? IndexSet.parse(status.completedIndexes ?? '', spec.completions ?? 0) : IndexSet.empty;
  const succeededIndexes = countedIndexes.with(IndexSet.of(valid.filter(hasSucceeded).flatMap((pod) => indexOf(pod, job) ?? [])));
  const failedIndexes = indexed && hasLimitPerIndex(job) ? failedIndexesOf(job, valid) : undefined;
  return {
    job,
    pods,
    active,
    terminating: pods.filter(isTerminating),
    newlySucceeded,
    newlyFailed,
    succeeded: indexed ? succeededIndexes.size : (status.succeeded ?? 0) + newlySucceeded.length + uncounted.succeeded.size,
    failed: (status.failed ?? 0) + counting.length + uncounted.failed.size,
    countedIndexes,
    succeededIndexes,
    ...(failedIndexes && { failedIndexes }),
    awaitingReplacement: failedIndexes ? awaiting(job, valid, succeededIndexes.with(failedIndexes)) : new Map<number, Pod>(),
  };
}

const hasSucceeded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded';

function failedIndexesOf(job: Job, valid: readonly Pod[]): IndexSet {
  const limit = job.spec.backoffLimitPerIndex ?? 0;
  const over = valid.filter((pod) => {
    if (!isFailed(pod, job)) return false;
    const { counts, failsIndex } = failureVerdict(job.spec.podFailurePolicy, pod);
    return failsIndex || (counts && failuresOf(pod) >= limit);
  });
  const before = IndexSet.parse(job.status?.failedIndexes ?? '', job.spec.completions ?? 0);
  return before.with(IndexSet.of(over.flatMap((pod) => indexOf(pod, job) ?? [])));
}

function awaiting(job: Job, valid: readonly Pod[], done: IndexSet): Map<number, Pod> {
  const active = new Set(valid.filter(isActive).map((pod) => indexOf(pod, job)));
  const last = new Map<number, Pod>();
  const order = (pod: Pod): number => failuresOf(pod) + ignoredFailuresOf(pod);
  for (const pod of valid) {
    const index = indexOf(pod, job);
    if (index === undefined || active.has(index) || done.has(index) || !isFailed(pod, job)) continue;
    const other = last.get(index);
    if (!other || (order(other) <= order(pod) && finishedMs(other) <= finishedMs(pod))) last.set(index, pod);
  }
  return last;
}
