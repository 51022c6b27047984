import { Registry } from 'prom-client';
import { systemClock } from '#base';
import { silentLogger } from '#telemetry';
import { type Store, StoreError } from '../contract.ts';
import { RedisServer } from '../testing/redis-server.ts';
import { createWatchCache } from '../watch-cache/watch-cache.ts';
import { connectStore } from './connect-store.ts';

let server: RedisServer;
let store: Store;
const key = (name: string): string => `/things/default/${name}`;

beforeEach(async () => {
  server = await RedisServer.start();
  store = await connectStore({
    url: server.url,
    passwordFile: server.passwordFile,
    cluster: 'durable',
    clock: systemClock,
    logger: silentLogger,
    registry: new Registry(),
  });
});
afterEach(async () => {
  await store.close();
  await server.stop();
});

/** Writes as fast as it can until a write is not answered; returns name → revision of all that were. */
async function writeUntilItBreaks(writer: number, answered: Map<string, number>): Promise<StoreError> {
  for (let i = 0; ; i++) {
    const name = `w${writer}-${i}`;
    try {
      const [outcome] = await store.write([{ key: key(name), expect: 'absent', value: `{"i":${i}}`, claims: [`claim/${name}`] }]);
      if (outcome?.ok) answered.set(name, outcome.revision);
    } catch (err) {
      if (err instanceof StoreError) return err;
      throw err;
    }
  }
}

describe('kill -9 of Redis in mid-write', () => {
  it('loses no answered write, keeps revision, log, index and claims in step, and says that the others are unknown', async () => {
    const answered = new Map<string, number>();
    for (let round = 0; round < 3; round++) {
      const before = answered.size;
      const writers = Array.from({ length: 16 }, (_, w) => writeUntilItBreaks(round * 100 + w, answered));
      while (answered.size < before + 300) await store.revision();
      await server.kill();
      for (const err of await Promise.all(writers)) expect(err.code).toBe('unavailable');
      await server.run();

      const { entries, revision } = await store.list('');
      const found = new Map(entries.map((e) => [e.key, e.revision]));
      for (const [name, at] of answered) expect(found.get(key(name))).toBe(at);
      expect(revision).toBe(entries.length); // every write made one object: no revision without its object, none twice
      const stop = new AbortController();
      const logged: number[] = [];
      for await (const batch of store.changes(0, stop.signal)) {
        logged.push(...batch.map((c) => c.revision));
        if (logged.length >= revision) stop.abort();
      }
      expect(logged).toEqual(Array.from({ length: revision }, (_, i) => i + 1));
      expect((await store.claims('claim/')).size).toBe(entries.length);
    }
  }, 30_000);

  it('a watch cache goes on where it was, without a lost or repeated event', async () => {
    const cache = createWatchCache({ store, clock: systemClock, logger: silentLogger, registry: new Registry() });
    await cache.start();
    const seen: number[] = [];
    let ended: string | undefined;
    cache.subscribe(
      { resource: '/things', after: 0 },
      { events: (events) => seen.push(...events.map((e) => e.revision)), end: (why) => (ended = why) },
    );
    const answered = new Map<string, number>();
    for (let round = 0; round < 2; round++) {
      const writers = Array.from({ length: 4 }, (_, w) => writeUntilItBreaks(round * 100 + w, answered));
      while (answered.size < (round + 1) * 50) await store.revision();
      await server.kill();
      await Promise.all(writers);
      await server.run();
    }
    const last = await store.revision();
    expect(await cache.waitFor(last)).toBe(true);
    expect(seen).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    expect(ended).toBeUndefined();
    expect(cache.count('/things')).toBe(last);
    await cache.close();
  }, 30_000);

  it('a watch cache starts anew when Redis comes back with an older state, and tells its watchers', async () => {
    const cache = createWatchCache({ store, clock: systemClock, logger: silentLogger, registry: new Registry() });
    await cache.start();
    await store.write(['a', 'b', 'c'].map((name) => ({ key: key(name), expect: 'any', value: '{}' })));
    await cache.sync();
    const ended = new Promise((resolve) =>
      cache.subscribe({ resource: '/things', after: cache.revision }, { events: () => undefined, end: resolve }),
    );
    await server.kill();
    await server.forget();
    await server.run();
    expect(await ended).toBe('resync');
    expect([cache.count('/things'), cache.revision]).toEqual([0, 0]);
    await store.write([{ key: key('new'), expect: 'absent', value: '{}' }]);
    expect(await cache.sync()).toBe(true);
    expect(cache.get(key('new'))?.revision).toBe(1);
    await cache.close();
  }, 30_000);
});
