import type { Gvk, KubeObject } from '#api';
import type { CacheEvent, WatchCache } from '#store';
import type { ClusterView, KindCatalog, ServedKind } from './contract.ts';
import { keyFor } from './writes/cache-reads.ts';

/** The cluster as the watch cache shows it. */
export function cachedView(kinds: KindCatalog, cache: WatchCache): ClusterView {
  return {
    get<O extends KubeObject>(gvk: Gvk, namespace: string, name: string) {
      const kind = kinds.ofGvk(gvk);
      return kind && name !== '' ? (cache.get(keyFor(kind, namespace, name))?.object as O | undefined) : undefined;
    },
    list<O extends KubeObject>(gvk: Gvk, namespace?: string) {
      const kind = kinds.ofGvk(gvk);
      return kind ? cache.list(kind.storedAs, { namespace }).items.map((item) => item.object as O) : [];
    },
    onChange(gvk, listener) {
      const kind = kinds.ofGvk(gvk);
      return kind ? follow(cache, kind.storedAs, listener) : whenServed(kinds, gvk, ({ storedAs }) => follow(cache, storedAs, listener));
    },
  };
}

/** Begins when the kind is put into the catalogue. */
function whenServed(kinds: KindCatalog, gvk: Gvk, begin: (kind: ServedKind) => () => void): () => void {
  let stop = kinds.onChange(() => {
    const kind = kinds.ofGvk(gvk);
    if (!kind) return;
    stop();
    stop = begin(kind);
  });
  return () => stop();
}

type Listener = (object: KubeObject, deleted: boolean) => void;

/** Tells a listener of every object of a resource and of every change, also across a cache that was filled anew. */
function follow(cache: WatchCache, resource: string, listener: Listener): () => void {
  const known = new Map<string, KubeObject>();
  let close = (): void => undefined;
  const tell = ({ type, current }: CacheEvent): void => {
    if (type === 'DELETED') known.delete(current.key);
    else known.set(current.key, current.object);
    listener(current.object, type === 'DELETED');
  };
  const begin = (): void => {
    const { items, revision } = cache.list(resource);
    const present = new Set(items.map((item) => item.key));
    for (const [key, object] of known) {
      if (present.has(key)) continue;
      known.delete(key);
      listener({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }, true);
    }
    for (const { key, object } of items) {
      const before = known.get(key);
      known.set(key, object);
      if (before?.metadata.resourceVersion !== object.metadata.resourceVersion) listener(object, false);
    }
    const subscription = cache.subscribe(
      { resource, after: revision },
      {
        events: (events) => events.forEach(tell),
        end: (why) => {
          if (why === 'resync') begin();
        },
      },
    );
    close = () => subscription.close();
  };
  begin();
  return () => close();
}
