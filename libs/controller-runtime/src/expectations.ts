import type { KubeObject } from '#api';
import {
  type Api,
  type ListQuery,
  type ObjectRef,
  type Resource,
  resourceKey,
  type WatchEvent,
  type WriteItem,
  type WriteResult,
} from '#client';
import type { Clock } from '#base';

/** Longer than any cache is behind; after it the expectation is dropped (the store may have been restored to an older revision). */
const expiryMs = 60_000;

/**
 * What a key's last run wrote, by resource: the newest resourceVersion. Revisions are one sequence over the whole store, so a cache
 * that has reached it shows all of that run's writes. Until then the key is not looked at: a stale cache would create twice.
 * Upstream counts creations and deletions instead (`pkg/controller/controller_utils.go`, ControllerExpectations), having no such order.
 */
export class Expectations {
  private readonly byKey = new Map<string, { atMs: number; revisions: Map<string, number> }>();

  constructor(private readonly clock: Clock) {}

  wrote(key: string, resource: Resource, resourceVersion: string): void {
    const revision = Number(resourceVersion);
    if (!Number.isSafeInteger(revision)) return;
    const expected = this.byKey.get(key) ?? { atMs: 0, revisions: new Map<string, number>() };
    expected.atMs = this.clock.monotonicMs();
    const name = resourceKey(resource);
    expected.revisions.set(name, Math.max(revision, expected.revisions.get(name) ?? 0));
    this.byKey.set(key, expected);
  }

  /** Whether the caches show everything that the key wrote. `seen` answers how far a resource's cache is; undefined: nobody caches it. */
  met(key: string, seen: (resource: string) => string | undefined): boolean {
    const expected = this.byKey.get(key);
    if (!expected) return true;
    for (const [resource, revision] of expected.revisions) {
      const cached = seen(resource);
      if (cached === undefined || Number(cached) >= revision) expected.revisions.delete(resource);
    }
    const met = expected.revisions.size === 0 || this.clock.monotonicMs() - expected.atMs > expiryMs;
    if (met) this.byKey.delete(key);
    return met;
  }

  forget(key: string): void {
    this.byKey.delete(key);
  }
}

/** An Api that tells `wrote` of every write that was carried out. */
export function notingWrites(api: Api, wrote: (item: WriteItem, resourceVersion: string) => void): Api {
  return {
    get: <T extends KubeObject>(ref: ObjectRef) => api.get<T>(ref),
    list: <T extends KubeObject>(query: ListQuery) => api.list<T>(query),
    watch: <T extends KubeObject>(query: ListQuery & { resourceVersion?: string }, signal: AbortSignal): AsyncIterable<WatchEvent<T>[]> =>
      api.watch<T>(query, signal),
    async writeMany(items: readonly WriteItem[]): Promise<WriteResult[]> {
      const results = await api.writeMany(items);
      results.forEach((result, i) => {
        if (result.ok) wrote(items[i]!, result.resourceVersion);
      });
      return results;
    },
  };
}
