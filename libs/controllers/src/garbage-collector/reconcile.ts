import type { OwnerReference } from '#api';
import { foregroundFinalizer, type GraphNode, means, orphanFinalizer, orphansDependents, waitsForDependents } from './graph.ts';

export interface Seen {
  node: GraphNode;
  dependents: readonly GraphNode[];
  /** How each owner reference stands. */
  owners: readonly { reference: OwnerReference; state: OwnerState }[];
}

/**
 * `absent`: asked of the server, not only missing in the cache. `waiting`: there, but only until its dependents are gone. `unresolvable`:
 * nobody can say, since the kind is not served, or is namespaced and the dependent is not.
 */
export type OwnerState = 'present' | 'waiting' | 'absent' | 'unresolvable';

export type Action =
  | { do: 'delete'; node: GraphNode; propagationPolicy: 'Background' | 'Foreground' | 'Orphan' }
  | { do: 'dropOwners'; node: GraphNode; uids: readonly string[] }
  | { do: 'dropFinalizer'; node: GraphNode; finalizer: string }
  | { do: 'unblockOwners'; node: GraphNode }
  | { do: 'lookAt'; node: GraphNode };

/** `pkg/controller/garbagecollector`, attemptToDeleteItem, processDeletingDependentsItem and orphanDependents as one decision. */
export function reconcile(seen: Seen): Action[] {
  const { node } = seen;
  if (orphansDependents(node)) return orphan(seen);
  if (waitsForDependents(node)) return waitForDependents(seen);
  return node.deleting ? [] : judgeOwners(seen);
}

function orphan({ node, dependents }: Seen): Action[] {
  return [
    ...dependents.map((dependent): Action => ({ do: 'dropOwners', node: dependent, uids: [node.uid] })),
    { do: 'dropFinalizer', node, finalizer: orphanFinalizer },
  ];
}

function waitForDependents({ node, dependents }: Seen): Action[] {
  const blocking = dependents.filter((dependent) =>
    dependent.owners.some((reference) => reference.blockOwnerDeletion === true && means({ reference, dependent, owner: node })),
  );
  const next = dependents
    .filter((dependent) => !waitsForDependents(dependent))
    .map((dependent): Action => ({ do: 'lookAt', node: dependent }));
  return blocking.length > 0 ? next : [...next, { do: 'dropFinalizer', node, finalizer: foregroundFinalizer }];
}

function judgeOwners({ node, dependents, owners }: Seen): Action[] {
  // "Not able to be garbage collected" (Kubernetes, "Owners and Dependents"), whatever its other owners are.
  if (owners.length === 0 || owners.some(({ state }) => state === 'unresolvable')) return [];
  const of = (state: OwnerState): string[] => owners.filter((owner) => owner.state === state).map(({ reference }) => reference.uid);
  const [present, waiting, absent] = [of('present'), of('waiting'), of('absent')];
  // One owner that stays is enough; references to others only keep those from going.
  if (present.length > 0) {
    const stale = [...absent, ...waiting];
    return stale.length > 0 ? [{ do: 'dropOwners', node, uids: stale }] : [];
  }
  if (waiting.length > 0 && dependents.length > 0) {
    // A circle of owners would wait for itself: whoever is asked to wait in it stops blocking.
    const unblock: Action[] = dependents.some(waitsForDependents) ? [{ do: 'unblockOwners', node }] : [];
    return [...unblock, { do: 'delete', node, propagationPolicy: 'Foreground' }];
  }
  return [{ do: 'delete', node, propagationPolicy: policyOf(node) }];
}

/** A finalizer that the object has from its creation on says what is to become of its dependents. */
function policyOf({ finalizers }: GraphNode): 'Background' | 'Foreground' | 'Orphan' {
  if (finalizers.includes(orphanFinalizer)) return 'Orphan';
  return finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background';
}
