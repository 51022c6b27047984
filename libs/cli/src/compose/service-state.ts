import type { DaemonSet, Deployment, Job, Pod } from '#api/types';
import type { ConvertedService } from '#compose';

export interface Observed {
  workload: Deployment | DaemonSet | Job | undefined;
  pods: readonly Pod[];
}

/** How far a service has come. */
export interface ServiceState {
  started: boolean;
  healthy: boolean;
  completed: boolean;
  /** Why it will not get further by itself. */
  failure?: string;
}

/** Reasons of a waiting container that time alone does not mend. */
const hopeless = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'CrashLoopBackOff',
  'RunContainerError',
]);

export function serviceState({ life }: Pick<ConvertedService, 'life'>, { workload, pods }: Observed): ServiceState {
  if (!workload) return { started: false, healthy: false, completed: false };
  if (workload.kind === 'Job') return jobState(workload as Job, pods);
  const want = life.kind === 'DaemonSet' ? ((workload as DaemonSet).status?.desiredNumberScheduled ?? 1) : life.replicas;
  const { updated, ready, all } = counts(workload as Deployment | DaemonSet);
  const isCurrent = (workload.status as { observedGeneration?: number } | undefined)?.observedGeneration === workload.metadata.generation;
  // Former ones may still be there, and be why there are new ones.
  const mine = isCurrent ? pods.toSorted(newestFirst).slice(0, updated) : [];
  const running = mine.filter(({ status }) => status?.phase === 'Running').length;
  const failure = failureOf(mine);
  return {
    started: isCurrent && updated >= want && running >= want,
    healthy: isCurrent && updated >= want && ready >= want && all <= want,
    completed: false,
    ...(failure !== undefined && { failure }),
  };
}

const newestFirst = (a: Pod, b: Pod): number => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '');

function counts(workload: Deployment | DaemonSet): { updated: number; ready: number; all: number } {
  if (workload.kind === 'Deployment') {
    const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = (workload as Deployment).status ?? {};
    return { updated: updatedReplicas, ready: availableReplicas, all: replicas };
  }
  const { updatedNumberScheduled = 0, numberAvailable = 0, currentNumberScheduled = 0 } = (workload as DaemonSet).status ?? {};
  return { updated: updatedNumberScheduled, ready: numberAvailable, all: currentNumberScheduled };
}

function jobState({ spec, status }: Job, pods: readonly Pod[]): ServiceState {
  const completed = (status?.succeeded ?? 0) >= (spec?.completions ?? 1);
  const failed = status?.conditions?.find(({ type, status: value }) => type === 'Failed' && value === 'True');
  const running = pods.some(({ status: pod }) => pod?.phase === 'Running' || pod?.phase === 'Succeeded');
  const failure = failed ? `did not complete successfully: ${exitOf(pods) ?? failed.message ?? failed.reason}` : failureOf(pods);
  return {
    started: completed || running,
    healthy: completed || running,
    completed,
    ...(failure !== undefined && !completed && { failure }),
  };
}

function exitOf(pods: readonly Pod[]): string | undefined {
  const codes = pods.flatMap(({ status }) => status?.containerStatuses?.map(({ state }) => state?.terminated?.exitCode) ?? []);
  const code = codes.findLast((each) => each !== undefined && each !== 0);
  return code === undefined ? undefined : `exit ${code}`;
}

function failureOf(pods: readonly Pod[]): string | undefined {
  for (const { status } of pods)
    for (const { state, lastState } of status?.containerStatuses ?? []) {
      const { reason = '', message = '' } = state?.waiting ?? {};
      if (!hopeless.has(reason)) continue;
      const code = lastState?.terminated?.exitCode;
      return reason === 'CrashLoopBackOff' && code !== undefined ? `ends again and again, with exit ${code}` : `${reason}: ${message}`;
    }
  return undefined;
}

/** What a service waits for, for the message when the time is up. */
export function waitingFor(pods: readonly Pod[]): string {
  const reasons = pods.flatMap(({ status }) => [
    ...(status?.conditions ?? []).filter(({ reason }) => reason === 'Unschedulable').map(({ message }) => message ?? ''),
    ...(status?.containerStatuses ?? []).flatMap(
      ({ state, ready }) => state?.waiting?.reason ?? (state?.running && !ready ? 'it is not healthy' : []),
    ),
  ]);
  return [...new Set(reasons)].join('; ') || 'its pods have not started';
}
