import type { Container, ContainerStateTerminated, EphemeralContainer, Pod, ResourceRequirements } from '#api/types';
import { isSidecar } from '#objects';
import type { ProcessUser } from '#runtime/containers.contract';
import type { WaitingReason } from './pod-steps/errors.ts';

/** What is known of one container of a pod: kept in memory, found again from the runtime and the pod's status after a restart. */
export interface ContainerEntry {
  name: string;
  role: ContainerRole;
  /** Of the container's template; an ephemeral one has the same fields that matter here. */
  spec: Container | EphemeralContainer;
  restartCount: number;
  /** What the node has granted: the template's resources, but for a resize that has not been carried out (KEP-1287). */
  allocated: ResourceRequirements | undefined;
  /** The newest container made from the template. */
  current?: CurrentContainer;
  /** How the one before `current` ended. */
  lastTerminated?: ContainerStateTerminated;
  /** Why there is no running container now. */
  waiting?: { reason: WaitingReason; message?: string };
  /** A start is under way; nothing else is begun for it meanwhile. */
  busy: boolean;
  /** Milliseconds since the epoch before which it is not tried again. */
  retryAtMs?: number;
  /** The running container has passed its startup probe and its postStart hook. */
  started: boolean;
  /** By its readiness probe; containers without one are ready when they are started. */
  ready: boolean;
  /** `current` ran in a sandbox that is no more (the machine went down): init containers run again before any other. */
  ofFormerSandbox?: boolean;
  /** Another container's end makes the whole pod begin anew, whatever this one's own policy says (KEP-5532). */
  startsOver?: boolean;
  /** Set when the container is to be killed and started anew (probe, hook). */
  unhealthy?: string;
  /** Grace period of the probe that failed, in seconds. */
  probeGraceSeconds?: number;
}

/** A sidecar is an init container with the restart policy Always (KEP-753). */
export type ContainerRole = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** `attempt` counts from 0 and is part of the log's name; `startedAt` is missing while it is made, `terminated` until it has ended. */
export interface CurrentContainer {
  id: string;
  attempt: number;
  imageRef: string;
  imageId: string;
  startedAt?: Date;
  stopSignal?: string;
  user?: ProcessUser;
  terminated?: ContainerStateTerminated;
}

/** What is told of a pod, in the kubelet's words. */
export interface PodEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** Entries of a pod's templates in the order of the spec, without any history. */
export function entriesOf(pod: Pod): ContainerEntry[] {
  const entry =
    (role: ContainerRole) =>
    (spec: Container | EphemeralContainer): ContainerEntry => ({
      name: spec.name,
      role,
      spec,
      restartCount: 0,
      allocated: spec.resources,
      busy: false,
      started: false,
      ready: false,
    });
  return [
    ...(pod.spec.initContainers ?? []).map((c) => entry(isSidecar(c) ? 'sidecar' : 'init')(c)),
    ...pod.spec.containers.map(entry('main')),
    ...(pod.spec.ephemeralContainers ?? []).map(entry('ephemeral')),
  ];
}

/** Started and not seen to end; a paused container counts. */
export const isRunning = (entry: ContainerEntry): boolean => entry.current?.startedAt !== undefined && !entry.current.terminated;
/** The newest container made from the template ended with 0. */
export const hasSucceeded = (entry: ContainerEntry): boolean => entry.current?.terminated?.exitCode === 0;

/** Where an event about a container points to. */
export function fieldPathOf({ spec }: Pod, container: string): string {
  const named = (list: readonly { name: string }[] | undefined): boolean => list?.some(({ name }) => name === container) ?? false;
  const list = named(spec.initContainers) ? 'initContainers' : named(spec.containers) ? 'containers' : 'ephemeralContainers';
  return `spec.${list}{${container}}`;
}

/** What the deletion asked for, or the pod itself. */
export function graceSeconds(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}

/** Every container that ran is to begin anew (KEP-5532); `end` is called for those that still run. */
export function startOver(entries: readonly ContainerEntry[], end: (name: string) => void): void {
  for (const entry of entries) {
    if (!entry.current || entry.role === 'ephemeral') continue;
    entry.startsOver = true;
    if (isRunning(entry)) end(entry.name);
  }
}
