import { type Gvk, gvkOf, type KubeObject } from '#api';
import type { ClusterView } from '../contract.ts';

type Listener = (object: KubeObject, deleted: boolean) => void;
const kindKey = ({ group, kind }: Pick<Gvk, 'group' | 'kind'>): string => `${group}/${kind}`;
const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;

/** A cluster in memory that tells its listeners of changes at once. */
export class FakeView implements ClusterView {
  private readonly kinds = new Map<string, Map<string, KubeObject>>();
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(...objects: KubeObject[]) {
    this.put(...objects);
  }

  put(...objects: KubeObject[]): void {
    for (const object of objects) {
      this.of(gvkOf(object)).set(keyOf(object), object);
      for (const listener of this.listeners.get(kindKey(gvkOf(object))) ?? []) listener(object, false);
    }
  }

  remove(object: KubeObject): void {
    this.of(gvkOf(object)).delete(keyOf(object));
    for (const listener of this.listeners.get(kindKey(gvkOf(object))) ?? []) listener(object, true);
  }

  get<O extends KubeObject>(gvk: Gvk, namespace: string, name: string): O | undefined {
    return this.of(gvk).get(`${namespace}/${name}`) as O | undefined;
  }

  list<O extends KubeObject>(gvk: Gvk, namespace?: string): readonly O[] {
    return [...this.of(gvk).values()].filter((object) => namespace === undefined || object.metadata.namespace === namespace) as O[];
  }

  onChange(gvk: Gvk, listener: Listener): () => void {
    const listeners = this.listeners.get(kindKey(gvk)) ?? new Set();
    this.listeners.set(kindKey(gvk), listeners.add(listener));
    for (const object of this.of(gvk).values()) listener(object, false);
    return () => listeners.delete(listener);
  }

  private of(gvk: Pick<Gvk, 'group' | 'kind'>): Map<string, KubeObject> {
    const objects = this.kinds.get(kindKey(gvk)) ?? new Map<string, KubeObject>();
    this.kinds.set(kindKey(gvk), objects);
    return objects;
  }
}
