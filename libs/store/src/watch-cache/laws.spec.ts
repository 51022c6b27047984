import fc from 'fast-check';
import { Registry } from 'prom-client';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import { MemoryStore } from '../memory/memory-store.ts';
import type { CacheEvent, WatchCache } from './contract.ts';
import { selectEvent } from './select-event.ts';
import { createWatchCache } from './watch-cache.ts';

/** What a client holds: key → resourceVersion. */
type Held = Map<string, string>;

const key = (name: string): string => `/pods/${name.slice(0, 1)}/${name}`;
const names = ['a1', 'a2', 'b1', 'b2', 'b3'];
const step = fc.record({
  name: fc.constantFrom(...names),
  app: fc.option(fc.constantFrom('web', 'db'), { nil: undefined }),
  /** Several writes of one batch are one turn of the cache. */
  sync: fc.boolean(),
});

function heldFrom(list: ReturnType<WatchCache['list']>): Held {
  return new Map(list.items.map(({ key, object }) => [key, object.metadata.resourceVersion!]));
}

function follow(held: Held, { type, object }: { type: string; object: CacheEvent['current'] }): void {
  const there = held.has(object.key);
  // ADDED of what a client has, or MODIFIED and DELETED of what it has not, is what confuses informers.
  if ((type === 'ADDED') === there) throw new Error(`${type} of ${object.key}, which the client ${there ? 'has' : 'has not'}`);
  if (type === 'DELETED') held.delete(object.key);
  else held.set(object.key, object.object.metadata.resourceVersion!);
}

const sorted = (held: Held): [string, string][] => [...held].toSorted(([a], [b]) => (a < b ? -1 : 1));

describe('the watch cache, whatever is written and whenever one begins to watch', () => {
  it('list + events = later list, for all, one namespace and a selection; and past lists are what they were', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const clock = new ManualClock();
        const store = new MemoryStore({ clock });
        const cache = createWatchCache({ store, clock, logger: silentLogger, registry: new Registry() });
        await cache.start();
        const isWeb = ({ object }: CacheEvent['current']): boolean => object.metadata.labels?.['app'] === 'web';
        const clients: { held: Held; namespace: string | undefined; web: boolean }[] = [];
        const past: { at: number; held: [string, string][] }[] = [];
        for (const { name, app, sync } of steps) {
          const value = app && JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app } } });
          await store.write([{ key: key(name), expect: 'any', value }]);
          if (!sync) continue;
          await cache.sync();
          const before = cache.list('/pods');
          past.push({ at: before.revision, held: sorted(heldFrom(before)) });
          for (const namespace of [undefined, 'a', 'b']) {
            for (const web of [false, true]) {
              const list = cache.list('/pods', { namespace });
              const held = heldFrom(web ? { ...list, items: list.items.filter(isWeb) } : list);
              clients.push({ held, namespace, web });
              cache.subscribe(
                { resource: '/pods', namespace, after: list.revision },
                {
                  events: (events) => {
                    for (const event of events) {
                      const told = web
                        ? selectEvent(event, (object) => object.metadata.labels?.['app'] === 'web')
                        : { type: event.type, object: event.current };
                      if (told) follow(held, told);
                    }
                  },
                  end: () => undefined,
                },
              );
            }
          }
        }
        await cache.sync();
        for (const { held, namespace, web } of clients) {
          const list = cache.list('/pods', { namespace });
          expect(sorted(held)).toEqual(sorted(heldFrom(web ? { ...list, items: list.items.filter(isWeb) } : list)));
        }
        for (const { at, held } of past) expect(sorted(heldFrom(cache.list('/pods', { at })))).toEqual(held);
        await cache.close();
        await store.close();
      }),
      { numRuns: 60 },
    );
  });
});
