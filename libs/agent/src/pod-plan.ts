import { restartRuleFor } from '#objects';
import { type ContainerEntry, hasSucceeded, isRunning, type PodView } from './observed.ts';

export type PodAction =
  | { do: 'prepare' }
  | { do: 'start'; container: string }
  | { do: 'kill'; container: string; why: string }
  /** Everything of the pod begins anew in its sandbox, with its volumes as they are. */
  | { do: 'restartAll'; why: string }
  /** Every container has ended for good. */
  | { do: 'finish' }
  /** `activeDeadlineSeconds` is over. */
  | { do: 'fail'; reason: string; message: string };

export interface PodPlan {
  actions: PodAction[];
  /** Look again then even if nothing happens. */
  wakeAtMs?: number;
}

/**
 * What to do next for a pod that is to run: prepare sandbox and volumes, then init containers one after the other (a sidecar only has to
 * be started before the next one), then all main containers at once. Kubernetes, "Pod Lifecycle" and "Sidecar Containers" (KEP-753).
 */
export function planPod(view: PodView, nowMs: number): PodPlan {
  if (view.terminating || view.stopped) return { actions: [] };
  const deadline = deadlineOf(view);
  if (deadline !== undefined && nowMs >= deadline) {
    return {
      actions: [{ do: 'fail', reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' }],
    };
  }
  const cause = view.entries.find(restartsAll);
  if (cause) {
    const why = `Container ${cause.name} exited and asks for a restart of all containers`;
    return { actions: view.entries.some((e) => e.busy) ? [] : [{ do: 'restartAll', why }], wakeAtMs: deadline };
  }
  if (isFinished(view)) return { actions: [{ do: 'finish' }] };
  const kills = view.entries
    .filter((e) => e.unhealthy !== undefined && isRunning(e))
    .map((e): PodAction => ({ do: 'kill', container: e.name, why: e.unhealthy! }));
  if (!view.sandboxReady) return { actions: [{ do: 'prepare' }, ...kills], wakeAtMs: deadline };
  // All containers that are to begin anew have to end first.
  if (view.entries.some((e) => e.startsOver && isRunning(e))) return { actions: kills, wakeAtMs: deadline };
  const due = startable(view).filter((e) => mayStart(view, e));
  const starts = due.filter((e) => (e.retryAtMs ?? 0) <= nowMs).map((e): PodAction => ({ do: 'start', container: e.name }));
  const later = due.map((e) => e.retryAtMs ?? 0).filter((at) => at > nowMs);
  const wakes = [...later, ...(deadline === undefined ? [] : [deadline])];
  return { actions: [...kills, ...starts], ...(wakes.length > 0 && { wakeAtMs: Math.min(...wakes) }) };
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

export function initialized(view: PodView): boolean {
  return view.entries.some((e) => e.role === 'main' && e.current !== undefined && !startsAnew(e));
}

const isDone = (entry: ContainerEntry): boolean => hasSucceeded(entry) && !startsAnew(entry);
const startsAnew = (entry: ContainerEntry): boolean => (entry.ofFormerSandbox ?? false) || (entry.startsOver ?? false);

function mayStart(view: PodView, entry: ContainerEntry): boolean {
  if (entry.busy || isRunning(entry)) return false;
  return !entry.current || restarts(view, entry);
}

/** Whether a container that has ended is started again. */
export function restarts(view: PodView, entry: ContainerEntry): boolean {
  const ended = entry.current?.terminated;
  if (!ended) return true;
  if (entry.role === 'ephemeral') return false;
  if (entry.role === 'sidecar' || entry.startsOver) return true;
  if (entry.role === 'init' && ended.exitCode === 0 && !entry.ofFormerSandbox) return false;
  if (ruleOf(entry)) return true;
  const policy = entry.spec.restartPolicy ?? view.pod.spec.restartPolicy ?? 'Always';
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
  const endedForGood = (e: ContainerEntry): boolean => e.current?.terminated !== undefined && !e.busy && !restarts(view, e);
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
