import type { JobSpec, Pod } from '#api/types';
import { hasJobCondition, jobCondition } from '#objects';
import { isFailed, isSuspended } from './job-pods.ts';
import { failureVerdict, successMessage } from './policies.ts';
import type { JobView } from './view.ts';

/** What a Job comes to; it is Complete or Failed once nothing of it is left. */
export interface End {
  type: 'SuccessCriteriaMet' | 'FailureTarget';
  reason: string;
  message: string;
}

/** Success that needs no further pod is for `completed` to see, when it is known how many pods will run. */
export function endOf(view: JobView, now: Date): End | undefined {
  return decidedBefore(view) ?? failure(view, now) ?? successByPolicy(view);
}

/** What was decided once stands, whatever happens to the last pods. */
function decidedBefore({ job }: JobView): End | undefined {
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const { reason = '', message = '' } = jobCondition(job, type) ?? {};
    if (hasJobCondition(job, type)) return { type, reason, message };
  }
  return undefined;
}

function failure(view: JobView, now: Date): End | undefined {
  const { job, pods, failed, failedIndexes, succeededIndexes } = view;
  const { spec } = job;
  const fail = (reason: string, message: string): End => ({ type: 'FailureTarget', reason, message });
  const byPolicy = pods.flatMap((pod) => (isFailed(pod, job) ? (failureVerdict(spec.podFailurePolicy, pod).failsJob ?? []) : []))[0];
  if (byPolicy !== undefined) return fail('PodFailurePolicy', byPolicy);
  if (failed > (spec.backoffLimit ?? 6) || restartsExceed(spec, pods)) {
    return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const left = untilDeadlineMs(view, now);
  if (left !== undefined && left <= 0) return fail('DeadlineExceeded', 'Job was active longer than specified deadline');
  if (!failedIndexes) return undefined;
  if (failedIndexes.size > (spec.maxFailedIndexes ?? Infinity)) {
    return fail('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  const all = failedIndexes.size + succeededIndexes.size >= (spec.completions ?? 0);
  return failedIndexes.size > 0 && all ? fail('FailedIndexes', 'Job has failed indexes') : undefined;
}

/** Pods that are restarted in place count by their restarts, as long as they run. */
function restartsExceed({ template, backoffLimit = 6 }: JobSpec, pods: readonly Pod[]): boolean {
  if (template.spec?.restartPolicy !== 'OnFailure') return false;
  const running = pods.filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending');
  const restarts = running
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/** Counted from the start, or from the last time that the Job was resumed; undefined where no deadline runs. */
export function untilDeadlineMs({ job }: JobView, now: Date): number | undefined {
  const { activeDeadlineSeconds: seconds } = job.spec;
  const { startTime } = job.status ?? {};
  if (seconds === undefined || isSuspended(job)) return undefined;
  return (startTime === undefined ? now.getTime() : Date.parse(startTime)) + seconds * 1000 - now.getTime();
}

function successByPolicy({ job, succeededIndexes }: JobView): End | undefined {
  const message = successMessage(job.spec, succeededIndexes);
  return message === undefined ? undefined : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message };
}

/** Enough pods have succeeded, and none runs; without a number one is enough. */
export function completed({ job, succeeded }: JobView, active: number): End | undefined {
  if (active > 0 || succeeded < (job.spec.completions ?? 1)) return undefined;
  return { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
}
