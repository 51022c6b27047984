import { deepEqual, labelMatcher, timestamp } from '#api';
import type { Job, JobCondition, JobStatus, Pod } from '#api/types';
import { claim } from '#controller-runtime';
import type { Plan } from '#controller-runtime/contract';
import { isJobFinished, isReady, podCondition } from '#objects';
import { withCondition } from './conditions.ts';
import { completed, type End, endOf, untilDeadlineMs } from './end.ts';
import { isSuspended, managesItself } from './job-pods.ts';
import { type Tracked, track } from './tracking.ts';
import { type JobView, viewOf } from './view.ts';
import { type NewPod, type WantedPods, wantedPods } from './wanted-pods.ts';

/** One Job and the pods that may be its own, out of the cache, in which the controller's latest writes are seen (expectations). */
export interface Seen {
  job: Job;
  /** Its own, and those of the namespace that are nobody's. */
  pods: readonly Pod[];
}

/** Told once, with the status write that makes it true. */
export interface JobEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

export type Action =
  | { do: 'adoptPod'; job: Job; pod: Pod }
  | { do: 'releasePod'; job: Job; pod: Pod }
  /** Takes pods away that do not count. */
  | { do: 'dropPods'; job: Job; pods: readonly Pod[] }
  /** Takes pods away that are counted when they are gone. */
  | { do: 'deletePods'; job: Job; pods: readonly Pod[] }
  /** `otherwise`: what the status says where that fails. */
  | { do: 'createPods'; job: Job; pods: readonly NewPod[]; otherwise: JobStatus }
  | { do: 'updateStatus'; job: Job; status: JobStatus; events: readonly JobEvent[] }
  /** Takes the finalizer away from pods that the stored status accounts for. */
  | { do: 'untrackPods'; pods: readonly Pod[] };

/** `pkg/controller/job/job_controller.go`, syncJob. One round leads to the next: what it writes is seen before that. */
export function reconcile({ job, pods }: Seen, now: Date): Plan<Action> {
  if (!managesItself(job) || isJobFinished(job)) return { actions: [] };
  const { owned, adopt, release } = claim(job, labelMatcher(job.spec.selector), pods);
  if (adopt.length + release.length > 0) {
    return {
      actions: [
        ...adopt.map((pod): Action => ({ do: 'adoptPod', job, pod })),
        ...release.map((pod): Action => ({ do: 'releasePod', job, pod })),
      ],
    };
  }
  const view = viewOf(job, owned);
  const end = endOf(view, now);
  return end ? ending(view, end, now) : working(view, now);
}

/** The Job's end is decided: no pod runs on. */
function ending(view: JobView, end: End, now: Date): Plan<Action> {
  const { job, active } = view;
  const round = { view, end, tracked: track(view, end), drop: active, create: [] };
  const deletes: Action[] = active.length > 0 ? [{ do: 'deletePods', job, pods: active }] : [];
  return { actions: [...deletes, ...writes(round, now)] };
}

/** The Job goes on. One that is being deleted makes no pods any more, but those that end are still counted and let go. */
function working(view: JobView, now: Date): Plan<Action> {
  const { job, active } = view;
  const managed = !job.metadata.deletionTimestamp;
  const { drop, create, waitMs }: WantedPods = managed ? wantedPods(view, now) : { drop: [], create: [] };
  const end = completed(view, active.length - drop.length + create.length);
  const round = { view, end, tracked: track(view, end), drop, create };
  const drops: Action[] = drop.length > 0 ? [{ do: 'dropPods', job, pods: drop }] : [];
  const actions = [...drops, ...writes(round, now)];
  const settleMs = untilSettledMs(view, actions, now);
  const waits = [waitMs, untilDeadlineMs(view, now), settleMs].filter((ms) => ms !== undefined);
  return { actions: settleMs === undefined ? actions : [], ...(waits.length > 0 && { requeueAfterMs: Math.max(0, Math.min(...waits)) }) };
}

/** `syncJobBatchPeriod` of upstream's controller. */
const batchMs = 1000;

/**
 * How many pods are ready is told when that has held for a moment, if there is nothing else to tell: most pods of Jobs are over before
 * anybody asks, and each write of a status costs as much as the pod's own.
 */
function untilSettledMs({ job, active }: JobView, actions: readonly Action[], now: Date): number | undefined {
  const [only, ...more] = actions;
  if (only?.do !== 'updateStatus' || more.length > 0 || !deepEqual({ ...job.status, ready: only.status.ready }, only.status))
    return undefined;
  const changes = active.map((pod) => Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? ''));
  const leftMs = Math.max(...changes.filter((time) => !Number.isNaN(time))) + batchMs - now.getTime();
  return leftMs > 0 && leftMs <= batchMs ? leftMs : undefined;
}

/** What a round does, as far as it changes the status. */
interface Round {
  view: JobView;
  end: End | undefined;
  tracked: Tracked;
  drop: readonly Pod[];
  create: readonly NewPod[];
}

/** Pods that were made count as active at once, but must not keep others from being counted where they are refused. */
function writes(round: Round, now: Date): Action[] {
  const { view, tracked, create } = round;
  const { job } = view;
  const without = statusOf(round, 0, now);
  const creates: Action[] = create.length > 0 ? [{ do: 'createPods', job, pods: create, otherwise: without }] : [];
  if (tracked.untrack.length > 0) return [...updates(round, without), { do: 'untrackPods', pods: tracked.untrack }, ...creates];
  return [...creates, ...updates(round, statusOf(round, create.length, now))];
}

function updates({ view: { job } }: Round, status: JobStatus): Action[] {
  if (deepEqual(job.status ?? {}, status)) return [];
  return [{ do: 'updateStatus', job, status, events: eventsOf(job, status) }];
}

/**
 * The status as it is after this round, with `created` pods more. The final condition comes only when no pod is left to count: clients
 * take it as the end of all change (Kubernetes, Jobs, "Terminal Job conditions").
 */
function statusOf({ view, end, tracked, drop }: Round, created: number, now: Date): JobStatus {
  const { job, active, terminating } = view;
  const { startTime, completionTime } = job.status ?? {};
  const left = active.length - drop.length;
  const going = terminating.length + drop.length;
  const conditions = conditionsOf(job, end, now);
  const over = end && tracked.untrack.length === 0 && !tracked.more && left + created + going === 0 && isSettled(tracked);
  const time = timestamp(now);
  const finish = over ? finishOf(conditions, end, now) : { conditions };
  const start = isSuspended(job) && !end ? undefined : changedToRunning(job, conditions) ? time : (startTime ?? time);
  return {
    ...(finish.conditions.length > 0 && { conditions: finish.conditions }),
    ...(start && { startTime: start }),
    ...(completionTime && { completionTime }),
    ...(over && end.type === 'SuccessCriteriaMet' && { completionTime: time }),
    ...(left + created > 0 && { active: left + created }),
    ready: active.filter((pod) => isReady(pod) && !drop.includes(pod)).length,
    terminating: going,
    ...tracked.counters,
  };
}

const isSettled = ({ counters: { uncountedTerminatedPods: uncounted } }: Tracked): boolean =>
  (uncounted?.succeeded ?? []).length + (uncounted?.failed ?? []).length === 0;

function finishOf(conditions: JobCondition[], { type, reason, message }: End, now: Date): { conditions: JobCondition[] } {
  const last = type === 'FailureTarget' ? 'Failed' : 'Complete';
  return { conditions: withCondition(conditions, { type: last, status: 'True', reason, message }, now) };
}

function conditionsOf(job: Job, end: End | undefined, now: Date): JobCondition[] {
  const before = job.status?.conditions ?? [];
  if (end) return withCondition(before, { ...end, status: 'True' }, now);
  if (job.metadata.deletionTimestamp) return [...before];
  return isSuspended(job)
    ? withCondition(before, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }, now)
    : withCondition(before, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }, now);
}

/** Undefined where the Job has never been suspended. */
const suspension = (conditions: readonly JobCondition[] | undefined): string | undefined =>
  conditions?.find(({ type }) => type === 'Suspended')?.status;

/** A resumed Job starts anew: its deadline does not run while it rests. */
const changedToRunning = ({ status }: Job, conditions: readonly JobCondition[]): boolean =>
  suspension(status?.conditions) === 'True' && suspension(conditions) === 'False';

function eventsOf(job: Job, { conditions = [], succeeded = 0 }: JobStatus): JobEvent[] {
  const isNew = ({ type, status }: JobCondition): boolean =>
    !(job.status?.conditions ?? []).some((before) => before.type === type && before.status === status);
  return conditions.filter(isNew).flatMap(({ type, status, reason = '', message = '' }): JobEvent[] => {
    if (type === 'Suspended') return [{ type: 'Normal', reason: status === 'True' ? 'Suspended' : 'Resumed', message }];
    if (type === 'Failed') return [{ type: 'Warning', reason, message }];
    if (type !== 'Complete') return [];
    const many = 'Too many succeeded pods running after completion count reached';
    const tooMany: JobEvent[] =
      succeeded > (job.spec.completions ?? Infinity) ? [{ type: 'Warning', reason: 'TooManySucceededPods', message: many }] : [];
    return [...tooMany, { type: 'Normal', reason: 'Completed', message: 'Job completed' }];
  });
}
