import { quantityToNumber } from '#api';
import type { Node, Pod } from '#api/types';
import { isTerminal } from '#objects';
import type { Amounts, Cluster, NodeInfo, PodInfo } from '../contract.ts';
import { amountsOf, podInfo, Sum } from './pod-info.ts';
import { StorageCache } from './storage-cache.ts';

/**
 * The nodes and what runs on them, kept current by single changes: nothing is summed up again for a cycle. A pod that was placed but
 * whose binding is not seen yet is *assumed*: it counts on its node from the moment of the decision.
 */
export class ClusterCache implements Cluster {
  readonly storage = new StorageCache();
  private readonly byName = new Map<string, CachedNode>();
  private sorted: CachedNode[] | undefined;
  /** uid → the node on which the pod counts. */
  private readonly placements = new Map<string, { node: string; info: PodInfo; assumed: boolean }>();
  private readonly namespaces = new Map<string, Readonly<Record<string, string>>>();

  /** Sorted once for each change of the set of nodes. Nodes that only pods name are not among them: the pod was seen before its node. */
  get nodes(): readonly NodeInfo[] {
    this.sorted ??= [...this.byName.values()].filter((node) => node.present).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return this.sorted;
  }

  namespaceLabels(namespace: string): Readonly<Record<string, string>> | undefined {
    return this.namespaces.get(namespace);
  }

  node(name: string): NodeInfo | undefined {
    const node = this.byName.get(name);
    return node?.present ? node : undefined;
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (labels) this.namespaces.set(name, labels);
    else this.namespaces.delete(name);
  }

  setNode(node: Node): void {
    this.nodeNamed(node.metadata.name ?? '').set(node);
    this.sorted = undefined;
  }

  removeNode(name: string): void {
    const node = this.byName.get(name);
    if (!node) return;
    node.present = false; // its pods stay counted until they are gone, in case the node comes back
    if (node.pods.size === 0) this.byName.delete(name);
    this.sorted = undefined;
  }

  /** A pod as the API shows it. Finished pods and pods without a node do not count. */
  setPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const node = pod.spec?.nodeName;
    const counts = node && !isTerminal(pod);
    if (!counts) {
      // A change to a pod that is assumed, seen before its binding is, leaves the assumption alone.
      if (!this.placements.get(uid)?.assumed || node) this.removePod(uid);
      return;
    }
    this.place(podInfo(pod), node, false);
  }

  /** Also of an assumed pod. What is not known is no error: deletions may be told twice. */
  removePod(uid: string): void {
    const placement = this.placements.get(uid);
    if (!placement) return;
    this.placements.delete(uid);
    const node = this.byName.get(placement.node);
    node?.remove(uid);
    if (node && !node.present && node.pods.size === 0) this.byName.delete(placement.node);
  }

  /**
   * Counts the pod on the node from now on, until the API shows where it is or `forget` takes it back. It moves when it counted elsewhere.
   */
  assume(info: PodInfo, node: string): void {
    this.place(info, node, true);
  }

  /** The binding was refused: the pod does not count any more. */
  forget(uid: string): void {
    if (this.placements.get(uid)?.assumed) this.removePod(uid);
  }

  /**
   * A pod counts on one node at a time, with the amounts that were added for it: a changed pod is taken out as it was and put in as it is.
   */
  private place(info: PodInfo, node: string, assumed: boolean): void {
    this.removePod(info.uid);
    this.placements.set(info.uid, { node, info, assumed });
    this.nodeNamed(node).add(info);
  }

  private nodeNamed(name: string): CachedNode {
    let node = this.byName.get(name);
    if (!node) {
      node = new CachedNode(name);
      this.byName.set(name, node);
    }
    return node;
  }
}

class CachedNode implements NodeInfo {
  /** False while only pods name it. */
  present = false;
  node: Node = { apiVersion: 'v1', kind: 'Node', metadata: {}, spec: {} };
  labels: Readonly<Record<string, string>> = {};
  allocatable: Amounts & { pods: number } = { ...amountsOf([]), pods: 0 };
  images: ReadonlyMap<string, number> = new Map();
  readonly requested = new Sum();
  readonly scoringRequested = new Sum();
  readonly pods = new Map<string, PodInfo>();

  constructor(readonly name: string) {}

  set(node: Node): void {
    const allocatable = node.status?.allocatable ?? {};
    this.present = true;
    this.node = node;
    this.labels = node.metadata.labels ?? {};
    this.allocatable = Object.assign(amountsOf(Object.entries(allocatable)), { pods: quantityToNumber(allocatable.pods ?? '0') });
    this.images = new Map(
      (node.status?.images ?? []).flatMap(({ names, sizeBytes }) => (names ?? []).map((name) => [name, sizeBytes ?? 0])),
    );
  }

  add(info: PodInfo): void {
    this.pods.set(info.uid, info);
    this.requested.add(info.requests);
    this.scoringRequested.add(info.scoringRequests);
  }

  remove(uid: string): void {
    const info = this.pods.get(uid);
    if (!info) return;
    this.pods.delete(uid);
    this.requested.add(info.requests, -1);
    this.scoringRequested.add(info.scoringRequests, -1);
  }
}

/** The node as it would be without some of its pods; the node itself is left alone. */
export function withoutPods(node: NodeInfo, removed: ReadonlySet<PodInfo>): NodeInfo {
  const copy = new CachedNode(node.name);
  copy.set(node.node);
  for (const info of node.pods.values()) if (!removed.has(info)) copy.add(info);
  return copy;
}
