import type { ReplicaSet } from '#api/types';
import { desiredAnnotation, maxAnnotation, numberAnnotation } from './annotations.ts';
import { isRollingUpdate, maxSurge, replicasOf } from './limits.ts';
import { type Rollout, sumOf } from './rollout.ts';
import { oldestFirst } from './template.ts';

/** Whether the Deployment's size has changed since its sets got theirs: then it is scaled before it is rolled on. */
export function isScalingEvent(rollout: Rollout): boolean {
  return rollout.active().some((set) => {
    const desired = numberAnnotation(set, desiredAnnotation);
    return desired !== undefined && desired !== replicasOf(rollout.deployment);
  });
}

/**
 * `pkg/controller/deployment/sync.go`, scale: the one active set takes the whole difference; once the new set is saturated, old ones
 * go to nothing; in the middle of a rolling update each takes its share, so that a bad new version never gets more than it had.
 */
export function scale(rollout: Rollout): void {
  const wanted = replicasOf(rollout.deployment);
  const only = activeOrLatest(rollout);
  if (only) {
    if (rollout.replicas(only) !== wanted) rollout.scale(only, wanted);
    return;
  }
  if (isSaturated(rollout)) {
    for (const set of rollout.active(rollout.oldSets)) rollout.scale(set, 0);
    return;
  }
  if (isRollingUpdate(rollout.deployment)) scaleInProportion(rollout);
}

/** The one set that a change of size is about; undefined while several have pods. */
function activeOrLatest(rollout: Rollout): ReplicaSet | undefined {
  const active = rollout.active();
  if (active.length > 1) return undefined;
  return active[0] ?? rollout.newSet ?? oldestFirst(rollout.oldSets).at(-1);
}

/** All that is wanted is there and available in the new set, and it was sized for the Deployment as it is now. */
function isSaturated(rollout: Rollout): boolean {
  const { newSet } = rollout;
  const wanted = replicasOf(rollout.deployment);
  return (
    newSet !== undefined &&
    numberAnnotation(newSet, desiredAnnotation) === wanted &&
    rollout.replicas(newSet) === wanted &&
    newSet.status?.availableReplicas === wanted
  );
}

function scaleInProportion(rollout: Rollout): void {
  const wanted = replicasOf(rollout.deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(rollout.deployment) : 0;
  const active = rollout.active();
  const toAdd = allowed - rollout.total(active);
  const sets = largestFirst(rollout, active, toAdd);
  let added = 0;
  const sizes = sets.map((set) => {
    const share = toAdd === 0 || added === toAdd ? 0 : shareOf(rollout, set);
    const bounded = toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added);
    added += bounded;
    return rollout.replicas(set) + bounded;
  });
  // What rounding left over goes to the largest.
  sets.forEach((set, i) => rollout.scale(set, i === 0 ? Math.max(0, sizes[i]! + toAdd - added) : sizes[i]!));
}

function largestFirst(rollout: Rollout, sets: readonly ReplicaSet[], toAdd: number): ReplicaSet[] {
  const byAge = oldestFirst(sets);
  // Growing, the newer of two equals comes first; shrinking, the older.
  return (toAdd > 0 ? byAge.toReversed() : byAge).toSorted((a, b) => rollout.replicas(b) - rollout.replicas(a));
}

function shareOf(rollout: Rollout, set: ReplicaSet): number {
  const { deployment } = rollout;
  const wanted = replicasOf(deployment);
  const present = rollout.replicas(set);
  if (wanted === 0) return -present;
  const before = numberAnnotation(set, maxAnnotation) || (deployment.status?.replicas ?? sumOf(rollout.all, 'replicas'));
  if (!before) return 0;
  return Math.round((present * (wanted + maxSurge(deployment))) / before) - present;
}
