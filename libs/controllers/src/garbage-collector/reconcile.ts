import type { OwnerReference } from '#api';
import type { Plan } from '#controller-runtime/contract';
import { foregroundFinalizer, type GraphNode, keyOf, means, orphanFinalizer, orphansDependents, waitsForDependents } from './graph.ts';

/** One object with its neighbours above and below. `dependents` are whatever names its uid, rightly or not. */
export interface Seen {
  node: GraphNode;
  dependents: readonly GraphNode[];
  /** How each owner reference stands. `misplaced`: it can only mean an object of another namespace. */
  owners: readonly { reference: OwnerReference; state: OwnerState; misplaced?: boolean }[];
}

/**
 * `absent`: asked of the server, not only missing in the cache. `waiting`: there, but only until its dependents are gone. `unresolvable`:
 * nobody can say, since the kind is not served, or is namespaced and the dependent is not.
 */
export type OwnerState = 'present' | 'waiting' | 'absent' | 'unresolvable';

/** Each write is sent with the uid and the version that were seen, as preconditions: the graph is a view of the recent past. */
export type Action =
  | { do: 'delete'; node: GraphNode; propagationPolicy: 'Background' | 'Foreground' | 'Orphan' }
  | { do: 'dropOwners'; node: GraphNode; uids: readonly string[] }
  | { do: 'dropFinalizer'; node: GraphNode; finalizer: string }
  | { do: 'unblockOwners'; node: GraphNode }
  | { do: 'tellMisplaced'; node: GraphNode; reference: OwnerReference };

/** `pkg/controller/garbagecollector`, attemptToDeleteItem, processDeletingDependentsItem and orphanDependents as one decision. */
export function reconcile(seen: Seen): Plan<Action> {
  const { node, owners } = seen;
  if (orphansDependents(node)) return { actions: orphan(seen) };
  if (waitsForDependents(node)) return waitForDependents(seen);
  if (node.deleting) return { actions: [] };
  const told = owners.filter(({ misplaced }) => misplaced).map(({ reference }): Action => ({ do: 'tellMisplaced', node, reference }));
  return { actions: [...told, ...judgeOwners(seen)] };
}

/**
 * First the references, then the finalizer: a crash in between repeats a round that changes nothing, and never lets the owner go while a
 * dependent still names it.
 */
function orphan({ node, dependents }: Seen): Action[] {
  return [
    ...dependents.map((dependent): Action => ({ do: 'dropOwners', node: dependent, uids: [node.uid] })),
    { do: 'dropFinalizer', node, finalizer: orphanFinalizer },
  ];
}

/**
 * Only dependents that ask for it (`blockOwnerDeletion`) keep the owner. The dependents are looked at again, since for them the owner is
 * now one that does not stay.
 */
function waitForDependents({ node, dependents }: Seen): Plan<Action> {
  const blocking = dependents.filter((dependent) =>
    dependent.owners.some((reference) => reference.blockOwnerDeletion === true && means({ reference, dependent, owner: node })),
  );
  const enqueue = dependents.filter((dependent) => !waitsForDependents(dependent)).map(keyOf);
  return { actions: blocking.length > 0 ? [] : [{ do: 'dropFinalizer', node, finalizer: foregroundFinalizer }], enqueue };
}

/** Whether an object has lost its reason to be. Nothing is done unless the state of every owner is known. */
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
