import type { Job } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { finishedCondition } from '#objects';

/** The Job alone says all: when it finished, and how long it is kept after that. */
export type Seen = Job;

/** Deletes the Job; its pods follow through their owner references. */
export interface Action {
  do: 'deleteJob';
  job: Job;
}

/** KEP-592: a Job goes, with its pods, so many seconds after it has finished. */
export function reconcile(job: Seen, now: Date): Plan<Action> {
  const finished = finishedCondition(job);
  const { ttlSecondsAfterFinished: ttl } = job.spec;
  if (ttl === undefined || !finished?.lastTransitionTime || job.metadata.deletionTimestamp) return { actions: [] };
  const leftMs = Date.parse(finished.lastTransitionTime) + ttl * 1000 - now.getTime();
  return leftMs > 0 ? { actions: [], requeueAfterMs: leftMs } : { actions: [{ do: 'deleteJob', job }] };
}
