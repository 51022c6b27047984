import type { Pod, PodCondition, PodStatus } from '#api/types';
import { mirrorPodAnnotation, podSourceAnnotation } from './names.ts';

type Conditioned = Pick<Pod, 'status'>;

/** `pkg/api/v1/pod/util.go` and `pkg/controller/controller_utils.go`: what every part means by ready, available, active, terminal. */
export function podCondition(pod: Conditioned, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** What its agent says last, however long ago: the node lifecycle controller sets it to False when a node is lost. */
export function isReady(pod: Conditioned): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Unix milliseconds; undefined when it is not ready. */
export function readySince(pod: Pod): number | undefined {
  const condition = podCondition(pod, 'Ready');
  if (condition?.status !== 'True' || !condition.lastTransitionTime) return undefined;
  return Date.parse(condition.lastTransitionTime);
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: Date): boolean {
  if (!isReady(pod)) return false;
  if (minReadySeconds === 0) return true;
  const since = readySince(pod);
  return since !== undefined && since + minReadySeconds * 1000 <= now.getTime();
}

/** It has ended, and no container of it runs again. */
export function isTerminal(pod: Conditioned): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
}

/** Counts as a replica: neither over nor going. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && !pod.metadata.deletionTimestamp;
}

/** As its node has it: out of a file, not of the API. */
export function isStaticPod({ metadata }: Pick<Pod, 'metadata'>): boolean {
  return (metadata.annotations?.[podSourceAnnotation] ?? 'api') !== 'api';
}

/** What the API shows of a static pod. */
export function isMirrorPod({ metadata }: Pick<Pod, 'metadata'>): boolean {
  return Object.hasOwn(metadata.annotations ?? {}, mirrorPodAnnotation);
}

/** Going, but its containers may still run. */
export function isTerminating(pod: Pod): boolean {
  return !isTerminal(pod) && Boolean(pod.metadata.deletionTimestamp);
}

/** A pod's addresses, the primary one first; writers before dual stack (KEP-563) set `podIP` alone. */
export function podIpsOf(status: Pick<PodStatus, 'podIP' | 'podIPs'> | undefined): string[] {
  const { podIP, podIPs = [] } = status ?? {};
  const ips = podIPs.flatMap(({ ip }) => ip || []);
  return ips.length === 0 && podIP ? [podIP] : ips;
}
