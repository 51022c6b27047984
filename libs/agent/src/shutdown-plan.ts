import type { Pod } from '#api/types';
import { systemPriorityClasses } from '#objects';

/** `shutdownGracePeriodByPodPriority`: pods of this priority and above, up to the next one, have this time to end. */
export interface ShutdownGroup {
  priority: number;
  graceMs: number;
}

/** What a pod says that its node has ended by being shut down. `pkg/kubelet/nodeshutdown` */
export const shutDown = { reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' };
export const refusedByShutdown = { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };

/** `shutdownGracePeriod`, the last part of which is for critical pods (Kubernetes, "Node Shutdowns"). */
export const shutdownGroups = (wholeMs: number, criticalMs: number): ShutdownGroup[] => [
  { priority: 0, graceMs: wholeMs - criticalMs },
  { priority: systemPriorityClasses['system-cluster-critical'], graceMs: criticalMs },
];

/** The groups in the order in which they end, with their pods; a pod below all of them is in the first. */
export function shutdownOrder<P>(
  groups: readonly ShutdownGroup[],
  pods: readonly P[],
  podOf: (pod: P) => Pod,
): { graceMs: number; pods: P[] }[] {
  const ascending = groups.toSorted((a, b) => a.priority - b.priority);
  const order = ascending.map(({ graceMs }) => ({ graceMs, pods: [] as P[] }));
  for (const pod of pods) {
    const priority = podOf(pod).spec.priority ?? 0;
    const index = ascending.findLastIndex((group) => group.priority <= priority);
    order[Math.max(0, index)]?.pods.push(pod);
  }
  return order;
}
