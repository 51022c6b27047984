import { timestamp } from '#api';
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '#api/types';
import { maxUnavailable, progressDeadline, replicasOf } from './limits.ts';
import { type Rollout, sumOf } from './rollout.ts';

type Conditions = readonly DeploymentCondition[];

/** There is at most one condition of each type. */
export function conditionOf(conditions: Conditions | undefined, type: string): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** `deploymentutil.SetDeploymentCondition`: same status and reason: left as it is; same status: its transition time stays. */
function withCondition(conditions: Conditions, next: DeploymentCondition): DeploymentCondition[] {
  const before = conditionOf(conditions, next.type);
  if (before && before.status === next.status && before.reason === next.reason) return [...conditions];
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : next.lastTransitionTime;
  return [...without(conditions, next.type), { ...next, lastTransitionTime }];
}

function without(conditions: Conditions, type: string): DeploymentCondition[] {
  return conditions.filter((condition) => condition.type !== type);
}

function condition(type: string, status: string, reason: string, text: { message: string; now: Date }): DeploymentCondition {
  const at = timestamp(text.now);
  return { type, status, lastUpdateTime: at, lastTransitionTime: at, reason, message: text.message };
}

/** The conditions with another `Progressing`. Reasons are upstream's: `kubectl rollout status` gives up at `ProgressDeadlineExceeded`. */
export function withProgressing(
  conditions: Conditions | undefined,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  text: { message: string; now: Date },
): DeploymentCondition[] {
  return withCondition(conditions ?? [], condition('Progressing', status, reason, text));
}

/** Counts and availability: `pkg/controller/deployment/sync.go`, calculateStatus. */
export function countedStatus(rollout: Rollout, conditions: Conditions, now: Date): DeploymentStatus {
  const { deployment, newSet, all } = rollout;
  const available = sumOf(all, 'availableReplicas');
  const enough = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const availability = enough
    ? condition('Available', 'True', 'MinimumReplicasAvailable', { message: 'Deployment has minimum availability.', now })
    : condition('Available', 'False', 'MinimumReplicasUnavailable', { message: 'Deployment does not have minimum availability.', now });
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sumOf(all, 'replicas'),
    updatedReplicas: newSet ? sumOf([newSet], 'replicas') : 0,
    readyReplicas: sumOf(all, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, rollout.total() - available),
    terminatingReplicas: sumOf(all, 'terminatingReplicas'),
    ...(deployment.status?.collisionCount !== undefined && { collisionCount: deployment.status.collisionCount }),
    conditions: withCondition(conditions, availability),
  };
}

/**
 * `deploymentutil.DeploymentComplete`: every replica is of the new template and available, none of an old one is left, and the status is
 * about the spec of now.
 */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (
    status.updatedReplicas === wanted &&
    status.replicas === wanted &&
    status.availableReplicas === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** `pkg/controller/deployment/progress.go`, syncRolloutStatus: how the rollout is getting on, and what keeps it. */
export function rolloutStatus(rollout: Rollout, conditions: Conditions, now: Date): DeploymentStatus {
  const { deployment, newSet } = rollout;
  const status = countedStatus(rollout, conditions, now);
  const progressing = conditionOf(conditions, 'Progressing');
  const done = status.replicas === status.updatedReplicas && progressing?.reason === 'NewReplicaSetAvailable';
  let next = status.conditions ?? [];
  if (progressDeadline(deployment) === undefined) next = without(next, 'Progressing');
  else if (!done) next = progressOf(rollout, status, { progressing, now });
  const failure = failureOf(rollout, newSet);
  next = failure ? withCondition(next, failure) : without(next, 'ReplicaFailure');
  return { ...status, conditions: next };
}

function progressOf(
  { deployment, newSet }: Rollout,
  status: DeploymentStatus,
  { progressing, now }: { progressing: DeploymentCondition | undefined; now: Date },
): DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  const what = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) {
    return withProgressing(conditions, 'True', 'NewReplicaSetAvailable', { message: `${what} has successfully progressed.`, now });
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const next = condition('Progressing', 'True', 'ReplicaSetUpdated', { message: `${what} is progressing.`, now });
    // Every bit of progress moves lastUpdateTime, from which the deadline counts.
    const lastTransitionTime = progressing?.status === 'True' ? progressing.lastTransitionTime : next.lastTransitionTime;
    return [...without(conditions, 'Progressing'), { ...next, lastTransitionTime }];
  }
  if (isTimedOut(deployment, conditions, now)) {
    return withProgressing(conditions, 'False', 'ProgressDeadlineExceeded', { message: `${what} has timed out progressing.`, now });
  }
  return [...conditions];
}

/** `deploymentutil.DeploymentProgressing`. Anything that got better counts; standing still does not reset the deadline. */
function hasProgressed(before: DeploymentStatus, next: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(next) < old(before) ||
    (next.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** Counts from the last bit of progress. Once exceeded it stays so until there is progress; the rollout goes on all the same. */
function isTimedOut(deployment: Deployment, conditions: Conditions, now: Date): boolean {
  const deadline = progressDeadline(deployment);
  const progressing = conditionOf(conditions, 'Progressing');
  if (deadline === undefined || !progressing || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return Date.parse(progressing.lastUpdateTime ?? '') + deadline * 1000 < now.getTime();
}

/** When the deadline falls due if nothing happens; upstream looks one second later. */
export function untilDeadlineMs(deployment: Deployment, status: DeploymentStatus, now: Date): number | undefined {
  const deadline = progressDeadline(deployment);
  const progressing = conditionOf(status.conditions, 'Progressing');
  if (deadline === undefined || !progressing?.lastUpdateTime || deployment.spec.paused) return undefined;
  if (isComplete(deployment, status) || progressing.reason === 'ProgressDeadlineExceeded') return undefined;
  return Math.max(1000, Date.parse(progressing.lastUpdateTime) + deadline * 1000 - now.getTime() + 1000);
}

/** The new set's failure to make pods is told first, then those of old ones: a quota may stop either. */
function failureOf({ oldSets }: Rollout, newSet: ReplicaSet | undefined): DeploymentCondition | undefined {
  for (const set of newSet ? [newSet, ...oldSets] : oldSets) {
    const found = set.status?.conditions?.find((c) => c.type === 'ReplicaFailure');
    if (found) return { ...found, lastUpdateTime: found.lastTransitionTime };
  }
  return undefined;
}

/** Whether a write would change nothing that anybody reads: a missing count is 0, and the order of conditions means nothing. */
export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  const counts = [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
    'collisionCount',
  ] as const;
  if (counts.some((name) => (a?.[name] ?? 0) !== (b[name] ?? 0))) return false;
  return JSON.stringify((a?.conditions ?? []).map(sorted)) === JSON.stringify((b.conditions ?? []).map(sorted));
}

function sorted({ type, status, lastUpdateTime, lastTransitionTime, reason, message }: DeploymentCondition): unknown[] {
  return [type, status, lastUpdateTime, lastTransitionTime, reason, message];
}
