import { scaledValue } from '#api';
import type { Deployment } from '#api/types';

/** "No limit" in int32 fields. */
const maxInt32 = 2 ** 31 - 1;

/** Absent is 1 (API reference, DeploymentSpec); 0 is a size like any other. */
export function replicasOf(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

/** Absent is a rolling update; the only other type is Recreate. */
export function isRollingUpdate(deployment: Deployment): boolean {
  return (deployment.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
}

/** `deploymentutil.ResolveFenceposts`: surge rounds up, unavailable down, and both zero would never get on. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, replicasOf(deployment), 'up');
  const unavailable = scaledValue(maxUnavailable, replicasOf(deployment), 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Pods that may be there beyond `replicas`. 0 for Recreate, where old and new must not meet. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** Pods that may be missing from `replicas`, and never more than there are. */
export function maxUnavailable(deployment: Deployment): number {
  if (!isRollingUpdate(deployment) || replicasOf(deployment) === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicasOf(deployment));
}

/** Seconds that a rollout may go without progress; undefined: for ever. */
export function progressDeadline(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === null || seconds === maxInt32 ? undefined : seconds;
}

/** Old sets to keep; undefined: all. 0 means that nothing can be rolled back to. */
export function historyLimit(deployment: Deployment): number | undefined {
  const limit = deployment.spec.revisionHistoryLimit;
  return limit === undefined || limit === null || limit === maxInt32 ? undefined : limit;
}
