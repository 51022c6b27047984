import type { KubeObject } from '#api';

type IndexFunction<T> = (object: T) => readonly string[];

/** Objects by namespace and name, with any number of indexes kept current. Never answers a copy: nobody may change what is in it. */
export class ObjectCache<T extends KubeObject> {
  private readonly namespaces = new Map<string, Map<string, T>>();
  private readonly indexes = new Map<string, { values: IndexFunction<T>; entries: Map<string, Set<T>> }>();

  get(namespace: string, name: string): T | undefined {
    return this.namespaces.get(namespace)?.get(name);
  }

  list(namespace?: string): T[] {
    if (namespace !== undefined) return [...(this.namespaces.get(namespace)?.values() ?? [])];
    return [...this.namespaces.values()].flatMap((objects) => [...objects.values()]);
  }

  /** Throws an Error for an index that nobody added: that is a fault of the program. */
  byIndex(index: string, value: string): T[] {
    const found = this.indexes.get(index);
    if (!found) throw new Error(`no index is named ${index}`);
    return [...(found.entries.get(value) ?? [])];
  }

  addIndex(index: string, values: IndexFunction<T>): void {
    const entries = new Map<string, Set<T>>();
    this.indexes.set(index, { values, entries });
    for (const object of this.list()) for (const value of values(object)) addTo(entries, value, object);
  }

  /** Puts the object in and answers the one that it takes the place of. */
  put(object: T): T | undefined {
    const { namespace = '', name = '' } = object.metadata;
    const objects = this.namespaces.get(namespace) ?? new Map<string, T>();
    this.namespaces.set(namespace, objects);
    const previous = objects.get(name);
    objects.set(name, object);
    this.reindex(previous, object);
    return previous;
  }

  /** Answers what was there. */
  remove(namespace: string, name: string): T | undefined {
    const objects = this.namespaces.get(namespace);
    const previous = objects?.get(name);
    if (!objects || !previous) return undefined;
    objects.delete(name);
    if (objects.size === 0) this.namespaces.delete(namespace);
    this.reindex(previous, undefined);
    return previous;
  }

  private reindex(previous: T | undefined, next: T | undefined): void {
    for (const { values, entries } of this.indexes.values()) {
      if (previous) for (const value of values(previous)) removeFrom(entries, value, previous);
      if (next) for (const value of values(next)) addTo(entries, value, next);
    }
  }
}

function addTo<T>(entries: Map<string, Set<T>>, value: string, object: T): void {
  const set = entries.get(value);
  if (set) set.add(object);
  else entries.set(value, new Set([object]));
}

function removeFrom<T>(entries: Map<string, Set<T>>, value: string, object: T): void {
  const set = entries.get(value);
  set?.delete(object);
  if (set?.size === 0) entries.delete(value);
}
