import type { KindName, KubeObject } from '#api';
import { type Informer, type InformerFactory, type KindList, type ListQuery, queryKey, resourceKey } from '#client';
import type { Caches, EveryKind, KindCache } from './contract.ts';
import { KindCaches } from './kind-caches.ts';

export interface CacheSources {
  /** Caches of whole objects. */
  informers: InformerFactory;
  /** Caches for those who read no more than metadata; the whole ones where somebody keeps them (`sharedWith`). */
  metadata: InformerFactory;
  kinds: KindList;
}

/** The caches of one controller. What it names exists at once; those of every kind when it runs, so that all have named theirs by then. */
export class NamedCaches implements Caches {
  private readonly named = new Map<string, Informer<KubeObject>>();
  private ofKinds: KindCaches | undefined;

  constructor(
    private readonly controller: string,
    private readonly sources: CacheSources,
  ) {}

  name(query: ListQuery): Informer<KubeObject> {
    const informer = this.sources.informers.informer<KubeObject>(query);
    this.named.set(queryKey(query), informer);
    return informer;
  }

  nameEveryKind(everyKind: EveryKind): KindCaches {
    return (this.ofKinds = new KindCaches(this.sources.kinds, this.sources.metadata, (kind) => everyKind.of(kind)));
  }

  /** Resolves when everything that is named is there. */
  async synced(): Promise<void> {
    await Promise.all([...(this.ofKinds ? [this.ofKinds] : []), ...this.named.values()].map((each) => each.synced()));
  }

  informer<T extends KubeObject>(query: ListQuery): Informer<T> {
    const found = this.named.get(queryKey(query));
    if (!found) throw new Error(`${this.controller} reads ${resourceKey(query.resource)} without naming it among what it observes`);
    return found as unknown as Informer<T>;
  }

  served(): readonly KindName[] {
    return this.sources.kinds.all;
  }

  servedNow(): Promise<readonly KindName[]> {
    return this.sources.kinds.fresh();
  }

  kinds(): readonly KindCache[] {
    return this.ofKinds?.all() ?? [];
  }

  /** How far the caches of a resource (`resourceKey`) are: the one that is the furthest behind. Undefined when there is none. */
  resourceVersion(name: string): string | undefined {
    const caches = new Set([...this.named.values(), ...this.kinds().map(({ cache }) => cache)]);
    const revisions = [...caches].flatMap((cache) => (resourceKey(cache.resource) === name ? [cache.resourceVersion] : []));
    return revisions.length > 0 ? revisions.reduce((a, b) => (Number(b) < Number(a) ? b : a)) : undefined;
  }
}
