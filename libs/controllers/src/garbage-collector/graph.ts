import { gvkOf, type KindName, type KubeObject, type OwnerReference } from '#api';
import type { Informer } from '#client';
import type { KindCache, ObjectKey } from '#controller-runtime/contract';

/** What the collector knows of one object. */
export interface GraphNode {
  kind: KindName;
  uid: string;
  namespace: string;
  name: string;
  resourceVersion: string;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  deleting: boolean;
}

/** Kept on an owner that is deleted with policy Foreground, until the dependents that block it are gone. */
export const foregroundFinalizer = 'foregroundDeletion';
/** Kept on an owner that is deleted with policy Orphan, until no dependent names it any more. */
export const orphanFinalizer = 'orphan';

/** The object as the graph needs it. Nothing of its spec is kept, so any kind may be in the graph. */
export function graphNode(kind: KindName, { metadata }: KubeObject): GraphNode {
  return {
    kind,
    uid: metadata.uid ?? '',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    owners: metadata.ownerReferences ?? [],
    finalizers: metadata.finalizers ?? [],
    deleting: Boolean(metadata.deletionTimestamp),
  };
}

/** Objects of all kinds are told apart by their uid alone. */
export function keyOf({ uid }: Pick<GraphNode, 'uid'>): ObjectKey {
  return { namespace: '', name: uid };
}

/** Waits for its dependents before it goes. */
export function waitsForDependents(node: GraphNode): boolean {
  return node.deleting && node.finalizers.includes(foregroundFinalizer);
}

/** Lets its dependents live on before it goes. */
export function orphansDependents(node: GraphNode): boolean {
  return node.deleting && node.finalizers.includes(orphanFinalizer);
}

/** What makes an object this one and no other. An absent owner is remembered by all of it, since a reference may lie in any part. */
export function identityOf({ kind, namespace, name, uid }: Pick<GraphNode, 'kind' | 'namespace' | 'name' | 'uid'>): string {
  return JSON.stringify([kind.gvk.group, kind.gvk.kind, kind.namespaced ? namespace : '', name, uid]);
}

/** Whether the same decides of both what becomes of them: a change of a status or a label does not. */
export function sameLinks(a: GraphNode, b: GraphNode): boolean {
  const text = ({ owners, finalizers, deleting }: GraphNode): string => JSON.stringify([owners, finalizers, deleting]);
  return text(a) === text(b);
}

/** Whether a reference that has the owner's uid means it: kind and name have to hold as well, and a namespaced owner be a neighbour. */
export function means({ reference, dependent, owner }: { reference: OwnerReference; dependent: GraphNode; owner: GraphNode }): boolean {
  const { gvk, namespaced } = owner.kind;
  return (
    reference.uid === owner.uid &&
    reference.name === owner.name &&
    reference.kind === gvk.kind &&
    gvkOf({ apiVersion: reference.apiVersion, kind: reference.kind }).group === gvk.group &&
    (!namespaced || owner.namespace === dependent.namespace)
  );
}

const byUid = 'uid';
const byOwner = 'owner';
const indexed = new WeakSet<Informer<KubeObject>>();

/** Who owns whom, over all kinds: a view of the caches, which are indexed for it once. */
export class OwnerGraph {
  constructor(private readonly kinds: readonly KindCache[]) {
    for (const { cache } of kinds) {
      if (indexed.has(cache)) continue;
      indexed.add(cache);
      cache.addIndex(byUid, ({ metadata }) => (metadata.uid ? [metadata.uid] : []));
      cache.addIndex(byOwner, ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid));
    }
  }

  /** Undefined: not in any cache, which is not yet proof that it is gone. */
  get(uid: string): GraphNode | undefined {
    return this.find(byUid, uid)[0];
  }

  /** All that name this uid as an owner, whether or not kind and name of the reference are right: see `means`. */
  dependentsOf(uid: string): GraphNode[] {
    return this.find(byOwner, uid);
  }

  private find(index: string, uid: string): GraphNode[] {
    return this.kinds.flatMap(({ kind, cache }) => cache.byIndex(index, uid).map((object) => graphNode(kind, object)));
  }
}
