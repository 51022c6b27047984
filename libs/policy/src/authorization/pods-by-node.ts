import type { ClusterView } from '#api-server/contract';
import { gvks, isMirrorPod, type PodShape } from '#objects';

/** The pods of each node, kept current. */
export class PodsByNode {
  private readonly byNode = new Map<string, Map<string, PodShape>>();
  private readonly nodeOf = new Map<string, string>();

  constructor(view: ClusterView) {
    view.onChange(gvks.Pod, (pod, deleted) => this.observe(pod as PodShape, deleted));
  }

  runs(node: string, namespace: string, name: string): boolean {
    return this.nodeOf.get(`${namespace}/${name}`) === node;
  }

  /** Mirror pods are left out: a node makes them itself, and must never give itself anything by one. */
  some(node: string, namespace: string, test: (pod: PodShape) => boolean): boolean {
    for (const pod of this.byNode.get(node)?.values() ?? []) {
      if (pod.metadata.namespace === namespace && !isMirrorPod(pod) && test(pod)) return true;
    }
    return false;
  }

  /** As `some`, whatever the namespace. */
  someAnywhere(node: string, test: (pod: PodShape) => boolean): boolean {
    for (const pod of this.byNode.get(node)?.values() ?? []) if (!isMirrorPod(pod) && test(pod)) return true;
    return false;
  }

  private observe(pod: PodShape, deleted: boolean): void {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const node = deleted ? undefined : pod.spec?.nodeName;
    const before = this.nodeOf.get(key);
    if (before !== undefined && before !== node) {
      const pods = this.byNode.get(before);
      pods?.delete(key);
      if (pods?.size === 0) this.byNode.delete(before);
      this.nodeOf.delete(key);
    }
    if (!node) return;
    this.nodeOf.set(key, node);
    const pods = this.byNode.get(node);
    if (pods) pods.set(key, pod);
    else this.byNode.set(node, new Map([[key, pod]]));
  }
}
