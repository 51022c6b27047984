import type { Pod } from '#api/types';
import { restartRuleFor } from '#objects';
import { type ContainerEntry, graceSeconds, hasSucceeded, isRunning } from './observed.ts';
import type { PodView } from './pod-view.ts';
import type { PodLife, PodStep } from './pod-life.ts';

/** What is to be begun now, all at once. `wakeAtMs` is in milliseconds since the epoch. */
export interface PodPlan {
  steps: PodStep[];
  /** Look again then even if nothing happens. */
  wakeAtMs?: number;
}

type PlanOfStage = (view: PodView, nowMs: number) => PodPlan;

/** One entry for every stage: one that is forgotten does not compile. */
const plans = {
  preparing: planToRun,
  running: planToRun,
  terminating: planToStop,
  stopped: (view, nowMs) => once(view, nowMs, { do: 'removeSandbox' }),
  released: (view, nowMs) => {
    if (!view.inApi) return once(view, nowMs, { do: 'tearDownVolumes' });
    return isDeleted(view) ? once(view, nowMs, { do: 'reportFinalStatus' }) : { steps: [] };
  },
  reported: (view, nowMs) => once(view, nowMs, { do: 'tearDownVolumes' }),
  cleared: (view, nowMs) => once(view, nowMs, { do: view.inApi ? 'removeFromApi' : 'forget' }),
  removed: (view, nowMs) => once(view, nowMs, { do: 'forget' }),
  gone: () => ({ steps: [] }),
} satisfies Record<PodLife['stage'], PlanOfStage>;

/** What to do next for a pod, from whatever is seen of it to its end. */
export function planPod(view: PodView, nowMs: number): PodPlan {
  return plans[view.life.stage](view, nowMs);
}

const isDeleted = ({ pod, inApi }: PodView): boolean => !inApi || pod.metadata.deletionTimestamp !== undefined;

/** A step of the whole pod, when no other is under way, and not before a failed one may be tried again. */
function once({ atWork, retryAtMs }: PodView, nowMs: number, step: PodStep): PodPlan {
  if (atWork.size > 0) return { steps: [] };
  return retryAtMs !== undefined && nowMs < retryAtMs ? { steps: [], wakeAtMs: retryAtMs } : { steps: [step] };
}

/** Out of the tables of all nodes, and then the end of each container: those that are being started or stopped come to that first. */
function planToStop(view: PodView, nowMs: number): PodPlan {
  const { life, atWork, entries } = view;
  if (life.stage !== 'terminating') return { steps: [] };
  const { graceMs } = life;
  const isRouted = !life.unrouted && (view.podIps?.length ?? 0) > 0 && entries.some(isRunning);
  if (isRouted) return { steps: atWork.has('unroute') ? [] : [{ do: 'unroute', withinMs: Math.min(UNROUTE_MS, graceMs / 2) }] };
  return entries.some((e) => e.busy) ? { steps: [] } : once(view, nowMs, { do: 'stopContainers', graceMs });
}

/** How long a pod is still served while the nodes take it out of their tables: within its grace period, so never more than half of that. */
const UNROUTE_MS = 2_000;
/** What a pod gets at most that was taken out of the API without having been deleted. */
const REMOVED_GRACE_MS = 30_000;

/** Why the pod is to end, as what it gets for it; undefined: it is to run. */
function endingOf(view: PodView): PodStep | undefined {
  const { pod, failure, inApi } = view;
  const graceMs = graceSeconds(pod) * 1000;
  if (failure) return { do: 'terminate', graceMs: failure.graceMs ?? graceMs };
  if (!isDeleted(view)) return undefined;
  return { do: 'terminate', graceMs: inApi || pod.metadata.deletionTimestamp ? graceMs : Math.min(graceMs, REMOVED_GRACE_MS) };
}

/**
 * A pod that is to run: prepare sandbox and volumes, then init containers one after the other (a sidecar only has to be started before the
 * next one), then all main containers at once. Kubernetes, "Pod Lifecycle" and "Sidecar Containers" (KEP-753).
 */
function planToRun(view: PodView, nowMs: number): PodPlan {
  const ending = endingOf(view);
  if (ending) return { steps: [ending] };
  const deadline = deadlineOf(view);
  if (deadline !== undefined && nowMs >= deadline) return { steps: [{ do: 'fail', failure: deadlineExceeded }] };
  const cause = view.entries.find(restartsAll);
  if (cause) {
    const why = `Container ${cause.name} exited and asks for a restart of all containers`;
    return { steps: view.entries.some((e) => e.busy) ? [] : [{ do: 'restartAll', why }], ...wakeAt(deadline) };
  }
  if (isFinished(view)) return { steps: [{ do: 'terminate', graceMs: graceSeconds(view.pod) * 1000 }] };
  const kills = view.entries
    .filter((e) => e.unhealthy !== undefined && isRunning(e) && !e.busy)
    .map((e): PodStep => ({ do: 'kill', container: e.name, why: e.unhealthy! }));
  if (view.life.stage === 'preparing') {
    const { steps, wakeAtMs } = once(view, nowMs, { do: 'prepare' });
    return { steps: [...steps, ...kills], ...wakeAt(deadline, wakeAtMs) };
  }
  const refresh = planRefresh(view, nowMs);
  // All containers that are to begin anew have to end first.
  if (view.entries.some((e) => e.startsOver && isRunning(e)))
    return { steps: [...kills, ...refresh.steps], ...wakeAt(deadline, refresh.wakeAtMs) };
  const due = startable(view).filter((e) => mayStart(view, e));
  const starts = due.filter((e) => (e.retryAtMs ?? 0) <= nowMs).map((e): PodStep => ({ do: 'start', container: e.name }));
  const later = due.map((e) => e.retryAtMs ?? 0).filter((at) => at > nowMs);
  return { steps: [...kills, ...starts, ...refresh.steps], ...wakeAt(deadline, refresh.wakeAtMs, ...later) };
}

const deadlineExceeded = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };

function planRefresh({ refreshAtMs, atWork }: PodView, nowMs: number): PodPlan {
  if (refreshAtMs === undefined || atWork.has('refreshVolumes')) return { steps: [] };
  return nowMs < refreshAtMs ? { steps: [], wakeAtMs: refreshAtMs } : { steps: [{ do: 'refreshVolumes' }] };
}

/** The first of these times. */
function wakeAt(...times: (number | undefined)[]): Pick<PodPlan, 'wakeAtMs'> {
  const known = times.filter((at) => at !== undefined);
  return known.length > 0 ? { wakeAtMs: Math.min(...known) } : {};
}

/** How long a step that has failed `failures` times in a row waits: making a pod is dear, taking it away is wanted. */
export function retryAfterMs(step: PodStep, failures: number): number {
  const [baseMs, maxMs] = step.do === 'prepare' ? [2_000, 60_000] : [100, 10_000];
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 16));
}

/** Containers whose turn it is, running or not. */
function startable(view: PodView): ContainerEntry[] {
  const ephemeral = view.entries.filter((e) => e.role === 'ephemeral');
  const initial = view.entries.filter((e) => e.role === 'init' || e.role === 'sidecar');
  const turn: ContainerEntry[] = [];
  for (const entry of initial) {
    if (entry.role === 'sidecar') turn.push(entry);
    else if (!isDone(entry)) turn.push(entry);
    if (!isPassed(view, entry)) return [...turn, ...ephemeral];
  }
  return [...turn, ...view.entries.filter((e) => e.role === 'main'), ...ephemeral];
}

/** The next container may begin. Once main containers exist, the init phase is not gone through again. */
function isPassed(view: PodView, entry: ContainerEntry): boolean {
  if (initialized(view)) return true;
  return entry.role === 'sidecar' ? isRunning(entry) && entry.started : isDone(entry);
}

/** A main container has begun: the init phase is over, and is gone through again only when everything begins anew. */
export function initialized(view: PodView): boolean {
  return view.entries.some((e) => e.role === 'main' && e.current !== undefined && !startsAnew(e));
}

const isDone = (entry: ContainerEntry): boolean => hasSucceeded(entry) && !startsAnew(entry);
const startsAnew = (entry: ContainerEntry): boolean => (entry.ofFormerSandbox ?? false) || (entry.startsOver ?? false);

function mayStart(view: PodView, entry: ContainerEntry): boolean {
  if (entry.busy || isRunning(entry)) return false;
  return !entry.current || restarts(view.pod, entry);
}

/** Whether a container that has ended is started again. */
export function restarts(pod: Pod, entry: ContainerEntry): boolean {
  const ended = entry.current?.terminated;
  if (!ended) return true;
  if (entry.role === 'ephemeral') return false;
  if (entry.role === 'sidecar' || entry.startsOver) return true;
  if (entry.role === 'init' && ended.exitCode === 0 && !entry.ofFormerSandbox) return false;
  if (ruleOf(entry)) return true;
  const policy = entry.spec.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  if (entry.role === 'init') return (ended.exitCode !== 0 || entry.ofFormerSandbox === true) && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && ended.exitCode !== 0);
}

const ruleOf = ({ spec, current }: ContainerEntry): ReturnType<typeof restartRuleFor> =>
  current?.terminated && restartRuleFor(spec, current.terminated.exitCode);

/** KEP-5532. What it asked for has been done once every container is to start over. */
const restartsAll = (entry: ContainerEntry): boolean =>
  !entry.startsOver && entry.role !== 'ephemeral' && ruleOf(entry)?.action === 'RestartAllContainers';

/** All main containers have ended for good, or an init container failed for good: then nothing of the pod goes on. */
function isFinished(view: PodView): boolean {
  const endedForGood = (e: ContainerEntry): boolean => e.current?.terminated !== undefined && !e.busy && !restarts(view.pod, e);
  if (view.entries.some((e) => e.role === 'init' && endedForGood(e) && !hasSucceeded(e))) return true;
  return view.entries.filter((e) => e.role === 'main').every(endedForGood);
}

function deadlineOf({ pod }: PodView): number | undefined {
  const { activeDeadlineSeconds } = pod.spec;
  const start = pod.status?.startTime;
  return activeDeadlineSeconds === undefined || !start ? undefined : Date.parse(start) + activeDeadlineSeconds * 1000;
}

const BASE_MS = 10_000;
export const MAX_BACKOFF_MS = 300_000;
const RESET_MS = 600_000;

/** Back-off of restarts: at once, then 10 s doubling to 5 min, from the end of the container; a run of 10 min forgets it. */
export class RestartBackoff {
  private delayMs = 0;

  /** How long after its end a container that ran `ranMs` waits. */
  next(ranMs: number): number {
    if (ranMs >= RESET_MS) this.delayMs = 0;
    const delay = this.delayMs;
    this.delayMs = delay === 0 ? BASE_MS : Math.min(MAX_BACKOFF_MS, delay * 2);
    return delay;
  }
}
