import { gvkOf, type KubeObject, type OwnerReference } from '#api';
import type { ServedKind } from '../served.ts';

/** What the collector knows of one object. */
export interface GraphNode {
  kind: ServedKind;
  uid: string;
  namespace: string;
  name: string;
  resourceVersion: string;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  deleting: boolean;
}

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export function graphNode(kind: ServedKind, { metadata }: KubeObject): GraphNode {
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

/** Waits for its dependents before it goes. */
export function waitsForDependents(node: GraphNode): boolean {
  return node.deleting && node.finalizers.includes(foregroundFinalizer);
}

export function orphansDependents(node: GraphNode): boolean {
  return node.deleting && node.finalizers.includes(orphanFinalizer);
}

/** What makes an object this one and no other. An absent owner is remembered by all of it, since a reference may lie in any part. */
export function identityOf({ kind, namespace, name, uid }: Pick<GraphNode, 'kind' | 'namespace' | 'name' | 'uid'>): string {
  return JSON.stringify([kind.gvk.group, kind.gvk.kind, kind.namespaced ? namespace : '', name, uid]);
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

/** Who owns whom, over all kinds. */
export class OwnerGraph {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.nodes.get(uid);
  }

  all(): Iterable<GraphNode> {
    return this.nodes.values();
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.dependents.get(uid) ?? [])].map((dependent) => this.nodes.get(dependent)).filter((node) => node !== undefined);
  }

  put(node: GraphNode): void {
    this.unlink(this.nodes.get(node.uid));
    this.nodes.set(node.uid, node);
    for (const { uid } of node.owners) {
      const set = this.dependents.get(uid);
      if (set) set.add(node.uid);
      else this.dependents.set(uid, new Set([node.uid]));
    }
  }

  remove(uid: string): void {
    this.unlink(this.nodes.get(uid));
    this.nodes.delete(uid);
  }

  private unlink(node: GraphNode | undefined): void {
    for (const { uid } of node?.owners ?? []) {
      const set = this.dependents.get(uid);
      set?.delete(node!.uid);
      if (set?.size === 0) this.dependents.delete(uid);
    }
  }
}
