import type { Pod } from '#api/types';
import { isMirrorPod, isStaticPod } from './pod-state.ts';

/** `k8s.io/kubernetes/pkg/apis/scheduling`: every cluster has these classes. */
export const systemPriorityClasses = { 'system-cluster-critical': 2_000_000_000, 'system-node-critical': 2_000_001_000 } as const;

/** What users may give at most: the system's own classes lie above it. */
export const highestUserPriority = 1_000_000_000;

/** Static pods, and those that the system cannot do without. */
export function isCritical(pod: Pick<Pod, 'metadata' | 'spec'>): boolean {
  return isStaticPod(pod) || isMirrorPod(pod) || (pod.spec.priority ?? 0) >= systemPriorityClasses['system-cluster-critical'];
}
