import type { Gvk, KubeObject } from '#api';

/** The cluster as this process's watch caches show it: synchronous, cheap enough for every request, at most a few milliseconds old. */
export interface ClusterView {
  /** Undefined also when the kind is not served. */
  get<O extends KubeObject>(gvk: Gvk, namespace: string, name: string): O | undefined;
  list<O extends KubeObject>(gvk: Gvk, namespace?: string): readonly O[];
  /** Called for what is there already and for every change after it, in order. Returns its own removal. */
  onChange(gvk: Gvk, listener: (object: KubeObject, deleted: boolean) => void): () => void;
}
