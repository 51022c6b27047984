import type { Deployment, ReplicaSet } from '#api/types';
import { isRollingUpdate, maxSurge, maxUnavailable, replicasOf } from './limits.ts';
import { type Rollout, sumOf } from './rollout.ts';

/** One step of a rolling update (`pkg/controller/deployment/rolling.go`): first up, and down only when up had nothing to do. */
export function rollingUpdate(rollout: Rollout): void {
  const { newSet } = rollout;
  if (!newSet) throw new Error('a rolling update needs the new set');
  if (scaleNew(rollout, newSet)) return;
  scaleOld(rollout, newSet);
}

/** `deploymentutil.NewRSNewReplicas`: as many as the surge allows, never more than wanted. */
export function newSetSize(deployment: Deployment, present: number, totalReplicas: number): number {
  const wanted = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - totalReplicas;
  if (room <= 0) return present;
  return present + Math.min(room, wanted - present);
}

function scaleNew(rollout: Rollout, newSet: ReplicaSet): boolean {
  const wanted = replicasOf(rollout.deployment);
  const present = rollout.replicas(newSet);
  if (present === wanted) return false;
  if (present > wanted) return rollout.scale(newSet, wanted);
  return rollout.scale(newSet, newSetSize(rollout.deployment, present, rollout.total()));
}

function scaleOld(rollout: Rollout, newSet: ReplicaSet): void {
  const { deployment } = rollout;
  if (rollout.total(rollout.oldSets) === 0) return;
  const minAvailable = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = rollout.replicas(newSet) - (newSet.status?.availableReplicas ?? 0);
  const most = rollout.total() - minAvailable - newUnavailable;
  if (most <= 0) return;
  scaleDownUnhealthy(rollout, most);
  scaleDownHealthy(rollout, minAvailable);
}

/** Replicas that serve nobody go first: taking them costs no availability. */
function scaleDownUnhealthy(rollout: Rollout, most: number): void {
  let left = most;
  for (const set of rollout.activeOldestFirst()) {
    if (left <= 0) return;
    const unhealthy = rollout.replicas(set) - (set.status?.availableReplicas ?? 0);
    if (unhealthy <= 0) continue;
    const count = Math.min(left, unhealthy);
    rollout.scale(set, rollout.replicas(set) - count);
    left -= count;
  }
}

function scaleDownHealthy(rollout: Rollout, minAvailable: number): void {
  let left = sumOf(rollout.all, 'availableReplicas') - minAvailable;
  for (const set of rollout.activeOldestFirst()) {
    if (left <= 0) return;
    const count = Math.min(left, rollout.replicas(set));
    rollout.scale(set, rollout.replicas(set) - count);
    left -= count;
  }
}
