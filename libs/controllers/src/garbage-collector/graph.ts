import type { KubeObject, OwnerReference } from '#api';
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
