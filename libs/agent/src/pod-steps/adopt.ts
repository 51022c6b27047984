import { lookUp } from '#base';
import type { ContainerStatus, Pod } from '#api/types';
import type { Container, ProcessUser } from '#runtime/containers.contract';
import { labels } from '../container-plan.ts';
import { type ContainerEntry, entriesOf } from '../observed.ts';
import type { PodView } from '../pod-view.ts';

/**
 * What a new agent knows of a pod: the containers that the runtime has, the newest of each name; for those that it has no longer, what
 * the API's status says. A container that was running there and is not here ended without a trace.
 */
export function adoptedEntries(pod: Pod, containers: readonly Container[]): ContainerEntry[] {
  const statuses = new Map(
    [
      ...(pod.status?.initContainerStatuses ?? []),
      ...(pod.status?.containerStatuses ?? []),
      ...(pod.status?.ephemeralContainerStatuses ?? []),
    ].map((s) => [s.name, s]),
  );
  return entriesOf(pod).map((entry) => {
    const status = statuses.get(entry.name);
    const mine = containers.filter((c) => c.name === entry.name).toSorted((a, b) => attemptOf(b) - attemptOf(a))[0];
    if (mine) return fromRuntime(entry, mine, status);
    return status ? fromStatus(entry, status) : entry;
  });
}

/** From its label; 0 for one that has none. */
export const attemptOf = (container: Container): number => Number(lookUp(container.labels, labels.attempt) ?? 0);

function fromRuntime(entry: ContainerEntry, container: Container, status: ContainerStatus | undefined): ContainerEntry {
  const attempt = attemptOf(container);
  const same = status?.containerID === `berth://${container.id}`;
  return {
    ...entry,
    restartCount: Math.max(attempt, status?.restartCount ?? 0),
    allocated: (same ? status?.resources : undefined) ?? entry.allocated,
    lastTerminated: same ? status?.lastState?.terminated : (status?.state?.terminated ?? status?.lastState?.terminated),
    current: {
      id: container.id,
      attempt,
      imageRef: lookUp(container.labels, labels.imageRef) ?? entry.spec.image ?? '',
      imageId: (same ? status?.imageID : undefined) ?? container.imageId,
      startedAt: container.startedAt,
      stopSignal: container.stopSignal,
      user: container.user ?? (same ? userOf(status) : undefined),
      terminated: same ? status?.state?.terminated : undefined,
    },
    ready: same ? (status?.ready ?? false) : false,
    started: same ? (status?.started ?? false) : false,
  };
}

/** KEP-3619: what the API was told by the agent that started it. */
function userOf({ user }: ContainerStatus): ProcessUser | undefined {
  return user?.linux && { uid: user.linux.uid ?? 0, gid: user.linux.gid ?? 0, groups: user.linux.supplementalGroups ?? [] };
}

function fromStatus(entry: ContainerEntry, status: ContainerStatus): ContainerEntry {
  const base = { ...entry, restartCount: status.restartCount, lastTerminated: status.lastState?.terminated };
  const id = status.containerID?.replace(/^berth:\/\//, '');
  if (!id) return base;
  const lost = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: status.state?.running?.startedAt ?? '1970-01-01T00:00:00Z',
    finishedAt: '1970-01-01T00:00:00Z',
    containerID: status.containerID,
  };
  const terminated = status.state?.terminated ?? (status.state?.running ? lost : (status.lastState?.terminated ?? lost));
  const lastTerminated = status.state?.waiting ? undefined : status.lastState?.terminated;
  return {
    ...base,
    lastTerminated,
    current: {
      id,
      attempt: status.restartCount,
      imageRef: status.image,
      imageId: status.imageID,
      startedAt: new Date(terminated.startedAt ?? 0),
      terminated,
    },
  };
}

/** Why a former agent gave the pod up. */
export function formerFailure({ status }: Pod): PodView['failure'] {
  const { reason, message = '', containerStatuses } = status ?? {};
  return reason ? { reason, message, rejected: !containerStatuses?.length } : undefined;
}
