import { timestamp } from '#api';
import type { ProcessUser } from '#runtime/containers.contract';
import type { ContainerState, ContainerStatus, LinuxContainerUser, Pod, PodCondition, PodStatus, VolumeMountStatus } from '#api/types';
import { qosClassOf } from '#objects';
import { type ContainerEntry, hasSucceeded, isRunning } from './observed.ts';
import type { PodView } from './pod-view.ts';
import { hasSandbox, hasStopped } from './pod-life.ts';
import { initialized, restarts } from './pod-plan.ts';
import { isRecursive } from './volume-mounts-plan.ts';

/** The status of a pod as its node sees it. Pure. Conditions keep their transition times from `previous` while they do not change. */
export function podStatus(
  view: PodView,
  { hostIps, now, previous }: { hostIps: readonly string[]; now: Date; previous?: PodStatus },
): PodStatus {
  const { pod, entries } = view;
  const phase = podPhase(view, previous?.phase);
  const statuses = (roles: ContainerEntry['role'][]): ContainerStatus[] =>
    view.failure?.rejected ? [] : entries.filter((e) => roles.includes(e.role)).map((e) => containerStatus(view, e));
  const initStatuses = statuses(['init', 'sidecar']);
  const ephemeral = statuses(['ephemeral']);
  return {
    phase,
    observedGeneration: pod.metadata.generation,
    conditions: conditions(view, phase, { now, previous }),
    ...(view.failure && { reason: view.failure.reason, message: view.failure.message }),
    hostIP: hostIps[0],
    hostIPs: hostIps.map((ip) => ({ ip })),
    ...(view.podIps?.length && { podIP: view.podIps[0], podIPs: view.podIps.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? previous?.startTime ?? timestamp(now),
    ...(initStatuses.length > 0 && { initContainerStatuses: initStatuses }),
    containerStatuses: statuses(['main']),
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status?.qosClass ?? qosClassOf(pod),
    ...(!view.failure?.rejected && wholeResources(pod)),
  };
}

/** KEP-5419: what the pod has as a whole, which is what it asks for: it does not change while it runs. */
function wholeResources({ spec: { resources } }: Pod): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  if (!resources) return {};
  const { requests, limits } = resources;
  return { ...(requests && { allocatedResources: requests }), resources: { ...(requests && { requests }), ...(limits && { limits }) } };
}

/** The kubelet's `getPhase`. Succeeded and Failed are for good. */
export function podPhase(view: PodView, previous: string | undefined): string {
  const { entries } = view;
  if (previous === 'Succeeded' || previous === 'Failed') return previous;
  const main = entries.filter((e) => e.role === 'main');
  if (hasStopped(view.life)) {
    if (view.failure) return 'Failed';
    return main.every(hasSucceeded) && entries.every((e) => e.role !== 'init' || hasSucceeded(e)) ? 'Succeeded' : 'Failed';
  }
  if (!initialized(view)) return 'Pending';
  const waiting = main.some((e) => !e.current);
  return waiting && !main.some((e) => e.current) ? 'Pending' : 'Running';
}

function containerStatus(view: PodView, entry: ContainerEntry): ContainerStatus {
  const { current } = entry;
  const running = isRunning(entry);
  const previous = lastState(view, entry);
  return {
    name: entry.name,
    state: bounded(view, containerState(view, entry)),
    lastState: bounded(view, previous),
    ready: readyStatus(view, entry),
    restartCount: entry.restartCount,
    image: current?.imageRef ?? entry.spec.image ?? '',
    imageID: current?.imageId ?? '',
    ...(current?.id && { containerID: `berth://${current.id}` }),
    // Kubelets look at probes, and so at this, for containers that can have them only.
    ...(entry.role !== 'ephemeral' && { started: entry.role !== 'init' && running && entry.started }),
    ...(current?.startedAt && volumeMounts(entry)),
    // Of one that has ended too: `convertContainerStatusResources` has what was granted then.
    ...(current?.user && { user: { linux: linuxUser(current.user) } }),
    ...(current?.stopSignal && { stopSignal: current.stopSignal }),
    ...(current && entry.allocated && { resources: entry.allocated }),
    ...(current && entry.allocated?.requests && { allocatedResources: entry.allocated.requests }),
  };
}

/** KEP-3619: who its first process is. */
const linuxUser = ({ uid, gid, groups }: ProcessUser): LinuxContainerUser => ({ uid, gid, supplementalGroups: groups });

const MAX_MESSAGE_BYTES = 4096;
const MAX_POD_MESSAGE_BYTES = 12 * 1024;

/** The last words of all containers of a pod share 12 KiB, those of one are 4 KiB at most ("Customizing the termination message"). */
function bounded({ entries }: PodView, state: ContainerState): ContainerState {
  const { terminated } = state;
  if (!terminated?.message) return state;
  const limit = Math.min(MAX_MESSAGE_BYTES, Math.floor(MAX_POD_MESSAGE_BYTES / entries.length));
  const bytes = Buffer.from(terminated.message);
  if (bytes.length <= limit) return state;
  // As a stream: the first bytes of a character whose last ones are cut off are no text.
  const message = new TextDecoder().decode(bytes.subarray(0, limit), { stream: true });
  return { terminated: { ...terminated, message } };
}

/** KEP-3857: whether a read-only mount is so all the way down. */
function volumeMounts({ spec }: ContainerEntry): { volumeMounts?: VolumeMountStatus[] } {
  if (!spec.volumeMounts?.length) return {};
  return {
    volumeMounts: spec.volumeMounts.map((mount) => ({
      name: mount.name,
      mountPath: mount.mountPath,
      ...(mount.readOnly && { readOnly: true, recursiveReadOnly: isRecursive(mount) ? 'Enabled' : 'Disabled' }),
    })),
  };
}

function readyStatus(view: PodView, entry: ContainerEntry): boolean {
  if (entry.role === 'ephemeral') return false;
  return entry.role === 'init' ? hasSucceeded(entry) : isRunning(entry) && entry.ready && !hasStopped(view.life);
}

/** While a container waits for its restart, its end is its last state. */
function waitsAgain(view: PodView, entry: ContainerEntry): boolean {
  return entry.current?.terminated !== undefined && entry.waiting !== undefined && restarts(view.pod, entry) && !hasStopped(view.life);
}

function lastState(view: PodView, entry: ContainerEntry): ContainerState {
  const ended = waitsAgain(view, entry) ? entry.current!.terminated : entry.lastTerminated;
  return ended ? { terminated: ended } : {};
}

function containerState(view: PodView, entry: ContainerEntry): ContainerState {
  const { current } = entry;
  if (waitsAgain(view, entry)) return { waiting: entry.waiting };
  if (current?.terminated) return { terminated: current.terminated };
  if (current?.startedAt) return { running: { startedAt: timestamp(current.startedAt) } };
  if (hasStopped(view.life) && isMissed(view, entry)) return { terminated: missed };
  return { waiting: entry.waiting ?? { reason: notRun(view) } };
}

const missed = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
};

/**
 * As the kubelet tells it of a pod that is over: containers that should have run by then have failed. Of init containers these are the first
 * one and those before one that has begun; the others count once the init containers are done.
 */
function isMissed({ entries }: PodView, entry: ContainerEntry): boolean {
  const initial = entries.filter((e) => e.role === 'init' || e.role === 'sidecar');
  const hasBegun = (e: ContainerEntry | undefined): boolean => e?.current !== undefined || e?.lastTerminated !== undefined;
  if (initial.includes(entry)) return entry === initial[0] || initial.slice(initial.indexOf(entry)).some(hasBegun);
  if (entry.role !== 'main') return false;
  const last = initial.at(-1);
  const initialIsOver = !last || (last.role === 'init' ? hasSucceeded(last) : last.started);
  return initialIsOver || entries.some((e) => e.role === 'main' && hasBegun(e));
}

/** As the kubelet tells it: in a pod with init containers all wait for the pod, the first one and those after the last one too. */
function notRun({ entries }: PodView): string {
  return entries.some((e) => e.role === 'init' || e.role === 'sidecar') ? 'PodInitializing' : 'ContainerCreating';
}

function conditions(view: PodView, phase: string, { now, previous }: { now: Date; previous?: PodStatus }): PodCondition[] {
  const { pod } = view;
  const containers = containersReady(view, phase);
  const all: Verdict[] = [
    { type: 'PodReadyToStartContainers', status: hasSandbox(view.life) ? 'True' : 'False' },
    initializedCondition(view, phase),
    podReady(view, containers),
    { ...containers, type: 'ContainersReady' },
    { type: 'PodScheduled', status: 'True' },
    ...resizeConditions(view),
    ...disruption(view),
  ];
  return all.map((verdict) => {
    const before = previous?.conditions?.find((c) => c.type === verdict.type);
    const unchanged = before?.status === verdict.status;
    return {
      type: verdict.type,
      status: verdict.status,
      ...(pod.metadata.generation && { observedGeneration: pod.metadata.generation }),
      lastTransitionTime: unchanged && before?.lastTransitionTime ? before.lastTransitionTime : timestamp(now),
      ...(verdict.reason && { reason: verdict.reason, message: verdict.message }),
    };
  });
}

/** KEP-3329: who counts failures does not count this one. */
function disruption({ failure }: PodView): Verdict[] {
  return failure?.disrupted ? [{ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message: failure.message }] : [];
}

function resizeConditions({ resize }: PodView): Verdict[] {
  if (!resize) return [];
  if (resize === 'in-progress') return [{ type: 'PodResizeInProgress', status: 'True' }];
  return [{ type: 'PodResizePending', status: 'True', ...resize }];
}

interface Verdict {
  type: string;
  status: 'True' | 'False';
  reason?: string;
  message?: string;
}

function initializedCondition(view: PodView, phase: string): Verdict {
  const type = 'Initialized';
  const incomplete = view.entries.filter((e) => (e.role === 'init' && !hasSucceeded(e)) || (e.role === 'sidecar' && !e.started));
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted', message: '' };
  if (incomplete.length === 0 || initialized(view)) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names(incomplete)}]`,
  };
}

function containersReady(view: PodView, phase: string): Verdict {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted', message: '' };
  // No deletion shows that a pod is being given up: what routes to it is told so before its containers are asked to stop.
  if (phase === 'Failed' || view.failure) return { type, status: 'False', reason: 'PodFailed', message: '' };
  const unready = view.entries.filter((e) => (e.role === 'main' || e.role === 'sidecar') && !(isRunning(e) && e.ready));
  if (unready.length === 0) return { type, status: 'True' };
  return { type, status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${names(unready)}]` };
}

/** KEP-580: conditions that others set must be true as well. */
function podReady(view: PodView, containers: Verdict): Verdict {
  const type = 'Ready';
  if (containers.status === 'False') return { ...containers, type };
  const missing = (view.pod.spec.readinessGates ?? [])
    .map((gate) => gate.conditionType)
    .map((name) => ({ name, condition: view.pod.status?.conditions?.find((c) => c.type === name) }))
    .filter(({ condition }) => condition?.status !== 'True');
  if (missing.length > 0) {
    const message = missing.map(({ name, condition }) =>
      condition
        ? `the status of pod readiness gate "${name}" is not "True", but ${condition.status}`
        : `corresponding condition of pod readiness gate "${name}" does not exist.`,
    );
    return { type, status: 'False', reason: 'ReadinessGatesNotReady', message: message.join(', ') };
  }
  return { type, status: 'True' };
}

const names = (entries: readonly ContainerEntry[]): string => entries.map((e) => e.name).join(' ');
