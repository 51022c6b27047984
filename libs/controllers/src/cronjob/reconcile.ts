import { deepEqual, timestamp } from '#api';
import type { CronJob, CronJobStatus, Job, ObjectReference } from '#api/types';
import { controllerReference } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { CronError, type CronSchedule, finishedCondition, gvks, isTimeZone, parseCron, zonedTimestamp } from '#objects';
import { dueTime, untilNextMs } from './due.ts';

/** One CronJob and the Jobs that it controls. */
export interface Seen {
  cronJob: CronJob;
  jobs: readonly Job[];
  /** Whose clocks count where the CronJob names no zone: the controller's own. */
  localZone: string;
}

/** What users see in `kubectl describe cronjob`; reasons and words are upstream's. */
export interface CronJobEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/**
 * In the order in which they are done. A Job's name comes from its time, so a start that is repeated after a crash meets its own Job and
 * makes no second one.
 */
export type Action =
  | { do: 'tell'; cronJob: CronJob; events: readonly CronJobEvent[] }
  | { do: 'deleteJobs'; cronJob: CronJob; jobs: readonly { namespace?: string; name: string; uid?: string }[] }
  | { do: 'updateStatus'; cronJob: CronJob; status: CronJobStatus }
  /** `status` is what it becomes with the Job, which alone is missing in it; `otherwise`, without. */
  | { do: 'createJob'; cronJob: CronJob; job: Job; status: CronJobStatus; otherwise: CronJobStatus };

export const cronJobKind = gvks.CronJob;

/** `pkg/controller/cronjob/cronjob_controllerv2.go`, sync. */
export function reconcile({ cronJob, jobs, localZone }: Seen, now: Date): Plan<Action> {
  const { events, status } = looked(cronJob, jobs);
  const surplus = surplusJobs(cronJob, jobs);
  const kept = without(status, surplus);
  const start = cronJob.metadata.deletionTimestamp || cronJob.spec.suspend ? {} : started({ ...cronJob, status: kept }, localZone, now);
  const told = [...events, ...(start.events ?? [])];
  const replaced = start.job && cronJob.spec.concurrencyPolicy === 'Replace' ? (kept.active ?? []) : [];
  const gone = [...surplus.map(({ metadata: { namespace, name = '', uid } }) => ({ namespace, name, uid })), ...replaced.map(named)];
  const next = replaced.length > 0 ? { ...kept, active: [] } : kept;
  return {
    actions: [
      ...(told.length > 0 ? [{ do: 'tell', cronJob, events: told } as const] : []),
      ...(gone.length > 0 ? [{ do: 'deleteJobs', cronJob, jobs: gone } as const] : []),
      ...writes(cronJob, next, start),
    ],
    ...(start.waitMs !== undefined && { requeueAfterMs: start.waitMs }),
  };
}

const named = ({ namespace, name = '', uid }: ObjectReference) => ({ namespace, name, uid });

function writes(cronJob: CronJob, status: CronJobStatus, { job, atMs = 0 }: Start): Action[] {
  if (job) {
    const lastScheduleTime = timestamp(new Date(atMs));
    return [{ do: 'createJob', cronJob, job, status: { ...status, lastScheduleTime }, otherwise: status }];
  }
  return deepEqual(cronJob.status ?? {}, status) ? [] : [{ do: 'updateStatus', cronJob, status }];
}

/** What has become of the Jobs that were started. */
function looked(cronJob: CronJob, jobs: readonly Job[]): { events: CronJobEvent[]; status: CronJobStatus } {
  const { active = [], lastSuccessfulTime } = cronJob.status ?? {};
  const listed = new Set(active.map(({ uid }) => uid));
  const present = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const events: CronJobEvent[] = [];
  const tell = (type: CronJobEvent['type'], reason: string, message: string): void => void events.push({ type, reason, message });
  let successful = lastSuccessfulTime;
  for (const job of jobs) {
    const { name, uid } = job.metadata;
    const finished = finishedCondition(job);
    if (!listed.has(uid) && !finished) tell('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
    if (listed.has(uid) && finished) tell('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${finished.type}`);
    const { completionTime } = job.status ?? {};
    if (finished?.type === 'Complete' && completionTime && Date.parse(completionTime) > Date.parse(successful ?? '0000-01-01T00:00:00Z')) {
      successful = completionTime;
    }
  }
  const left = active.filter(({ uid, name }) => {
    const job = present.get(uid);
    if (!job) tell('Normal', 'MissingJob', `Active job went missing: ${name}`);
    return job && !finishedCondition(job);
  });
  return { events, status: statusOf(cronJob, left, successful) };
}

function statusOf({ status }: CronJob, active: ObjectReference[], lastSuccessfulTime: string | undefined): CronJobStatus {
  const { active: _active, lastSuccessfulTime: _last, ...rest } = status ?? {};
  return { ...rest, ...(active.length > 0 && { active }), ...(lastSuccessfulTime && { lastSuccessfulTime }) };
}

/** The status without Jobs that are being cleaned up: an active list must not name what is gone. */
function without(status: CronJobStatus, jobs: readonly Job[]): CronJobStatus {
  const gone = new Set(jobs.map(({ metadata }) => metadata.uid));
  const { active = [], ...rest } = status;
  const left = active.filter(({ uid }) => !gone.has(uid));
  return { ...rest, ...(left.length > 0 && { active: left }) };
}

/** Those beyond what history keeps, the oldest first. */
function surplusJobs({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const beyond = (type: string, limit: number | undefined): Job[] => {
    const ended = jobs.filter((job) => finishedCondition(job)?.type === type && !job.metadata.deletionTimestamp);
    return limit === undefined ? [] : ended.toSorted(byStart).slice(0, Math.max(0, ended.length - limit));
  };
  return [...beyond('Complete', spec.successfulJobsHistoryLimit), ...beyond('Failed', spec.failedJobsHistoryLimit)];
}

function byStart(a: Job, b: Job): number {
  const time = ({ status }: Job): number => (status?.startTime === undefined ? Infinity : Date.parse(status.startTime));
  if (time(a) !== time(b)) return time(a) < time(b) ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

interface Start {
  events?: CronJobEvent[];
  job?: Job;
  atMs?: number;
  waitMs?: number;
}

/**
 * Whether a Job is due, and when to look again. What is wrong in the spec (zone, schedule) is told by an event and waits for a change of
 * the spec.
 */
function started(cronJob: CronJob, localZone: string, now: Date): Start {
  const { spec, status } = cronJob;
  const zone = spec.timeZone ?? localZone;
  const warn = (reason: string, message: string): Start => ({ events: [{ type: 'Warning', reason, message }] });
  if (spec.timeZone !== undefined && !isTimeZone(zone)) {
    return warn('UnknownTimeZone', `invalid timeZone: ${JSON.stringify(zone)}: unknown time zone ${zone}`);
  }
  const schedule = scheduleOf(spec.schedule);
  if ('error' in schedule) return warn('UnparseableSchedule', `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${schedule.error}`);
  const nowMs = now.getTime();
  const { atMs, tooMany, tooLateMs, never } = dueTime(cronJob, schedule, zone, nowMs);
  if (never)
    return warn('InvalidSchedule', `invalid schedule: ${spec.schedule} : time difference between two schedules is less than 1 second`);
  const waitMs = untilNextMs(cronJob, schedule, zone, nowMs);
  const wait: Start = waitMs === undefined ? {} : { waitMs };
  if (tooLateMs !== undefined) return { ...wait, ...warn('MissSchedule', `Missed scheduled time to start a job: ${rfc1123(tooLateMs)}`) };
  if (atMs === undefined) return wait;
  const hint = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
  const events: CronJobEvent[] = tooMany ? [{ type: 'Warning', reason: 'TooManyMissedTimes', message: hint }] : [];
  const active = status?.active ?? [];
  const job = jobOf(cronJob, atMs);
  const before = status?.lastScheduleTime !== undefined && Date.parse(status.lastScheduleTime) === atMs;
  if (before || active.some(({ name }) => name === job.metadata.name)) return { ...wait, events };
  if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    return { ...wait, events: [...events, { type: 'Normal', reason: 'JobAlreadyActive', message }] };
  }
  return { ...wait, events, job, atMs };
}

function scheduleOf(text: string): CronSchedule | { error: string } {
  try {
    return parseCron(text);
  } catch (err) {
    if (err instanceof CronError) return { error: err.message };
    throw err;
  }
}

/** One Job for each time: its name says which, so that none is started twice. */
function jobOf(cronJob: CronJob, atMs: number): Job {
  const { jobTemplate, timeZone = 'UTC' } = cronJob.spec;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cronJob.metadata.name}-${Math.floor(atMs / 60_000)}`,
      namespace: cronJob.metadata.namespace,
      ...(labels && { labels }),
      annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': zonedTimestamp(timeZone, atMs) },
      ownerReferences: [controllerReference(cronJob, cronJobKind)],
    },
    spec: jobTemplate.spec,
  };
}

/** Go's `time.RFC1123Z`. */
const rfc1123 = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000');
