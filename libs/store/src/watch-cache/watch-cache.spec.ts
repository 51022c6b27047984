import { Registry } from 'prom-client';
import type { KubeObject } from '#api';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import { MemoryStore } from '../memory/memory-store.ts';
import { createSealing, sealedStore } from '../sealing.ts';
import type { Store } from '../contract.ts';
import type { CacheEvent, WatchCache, WatchSink } from './contract.ts';
import { selectEvent } from './select-event.ts';
import { createWatchCache } from './watch-cache.ts';

const pods = '/pods';
const podKey = (namespace: string, name: string): string => `/pods/${namespace}/${name}`;
const pod = (name: string, labels: Record<string, string> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels } });

class Recorder implements WatchSink {
  readonly seen: CacheEvent[] = [];
  readonly bookmarks: number[] = [];
  ended: string | undefined;
  events(events: readonly CacheEvent[]): void {
    this.seen.push(...events);
  }
  bookmark(revision: number): void {
    this.bookmarks.push(revision);
  }
  end(why: string): void {
    this.ended = why;
  }
  get lines(): string[] {
    return this.seen.map((e) => `${e.revision} ${e.type} ${e.current.name}`);
  }
}

describe('WatchCache', () => {
  let clock: ManualClock;
  let store: Store;
  let cache: WatchCache;

  const open = async (over: Store, window = { events: 100, bytes: 1e6 }): Promise<WatchCache> => {
    const opened = createWatchCache({ store: over, clock, logger: silentLogger, registry: new Registry(), window });
    await opened.start();
    return opened;
  };
  const put = async (namespace: string, name: string, labels: Record<string, string> = {}): Promise<number> => {
    const [outcome] = await store.write([{ key: podKey(namespace, name), expect: 'any', value: pod(name, labels) }]);
    if (!outcome?.ok) throw new Error('refused');
    await cache.waitFor(outcome.revision);
    return outcome.revision;
  };
  const remove = async (namespace: string, name: string): Promise<number> => {
    const [outcome] = await store.write([{ key: podKey(namespace, name), expect: 'any', value: undefined }]);
    if (!outcome?.ok) throw new Error('refused');
    await cache.waitFor(outcome.revision);
    return outcome.revision;
  };

  beforeEach(async () => {
    clock = new ManualClock();
    store = new MemoryStore({ clock });
    cache = await open(store);
  });
  afterEach(async () => {
    await cache.close();
    await store.close();
    if (clock.pending > 0) throw new Error(`${clock.pending} timers leaked`);
  });

  it('shows an object with its revision as resourceVersion, decoded and as bytes', async () => {
    const revision = await put('default', 'a');
    const cached = cache.get(podKey('default', 'a'))!;
    expect(cached.object.metadata).toEqual({ name: 'a', labels: {}, resourceVersion: String(revision) });
    expect(JSON.parse(cached.bytes.toString())).toEqual(cached.object);
    expect(cached).toMatchObject({ namespace: 'default', name: 'a', revision });
  });

  it.each([
    ['kind first', '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}'],
    ['metadata last', '{"apiVersion":"v1","spec":{"metadata":{}},"kind":"Pod","metadata":{"name":"x"}}'],
    ['empty metadata', '{"apiVersion":"v1","kind":"Pod","metadata":{}}'],
    ['no metadata', '{"apiVersion":"v1","kind":"Pod"}'],
    ['space between', '{ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x" } }'],
    ['metadata in a string', '{"apiVersion":"v1","kind":"P\\"metadata\\":{","metadata":{"name":"x"}}'],
  ])('sets resourceVersion whatever the order of fields: %s', async (_name, value) => {
    const [outcome] = await store.write([{ key: podKey('default', 'x'), expect: 'any', value }]);
    await cache.sync();
    const want = JSON.parse(value) as Partial<KubeObject>;
    expect(cache.get(podKey('default', 'x'))!.object).toEqual({
      ...want,
      metadata: { ...want.metadata, resourceVersion: String(outcome!.ok && outcome!.revision) },
    });
  });

  it('lists in key order, by namespace too, and as of an earlier revision', async () => {
    await put('b', 'z');
    await put('a', 'y');
    const before = await put('a-b', 'x');
    await put('a', 'new');
    await put('a', 'y', { changed: 'yes' });
    await remove('b', 'z');
    const names = (list: { items: readonly { key: string }[] }): string[] => list.items.map((i) => i.key.slice(pods.length + 1));
    expect(names(cache.list(pods))).toEqual(['a-b/x', 'a/new', 'a/y']);
    expect(names(cache.list(pods, { namespace: 'a' }))).toEqual(['a/new', 'a/y']);
    const old = cache.list(pods, { at: before });
    expect(old.revision).toBe(before);
    expect(names(old)).toEqual(['a-b/x', 'a/y', 'b/z']);
    expect(old.items[1]!.object.metadata.labels).toEqual({});
    expect(names(cache.list(pods, { namespace: 'b', at: before }))).toEqual(['b/z']);
    expect(names(cache.list(pods, { namespace: 'b' }))).toEqual([]);
  });

  it('delivers past and coming events once, by scope', async () => {
    const first = await put('default', 'a');
    const [all, scoped, named] = [new Recorder(), new Recorder(), new Recorder()];
    cache.subscribe({ resource: pods, after: first - 1 }, all);
    cache.subscribe({ resource: pods, namespace: 'other', after: first }, scoped);
    cache.subscribe({ resource: pods, namespace: 'default', name: 'a', after: first }, named);
    await put('default', 'a');
    await put('other', 'b');
    await remove('default', 'a');
    expect(all.lines).toEqual(['1 ADDED a', '2 MODIFIED a', '3 ADDED b', '4 DELETED a']);
    expect(scoped.lines).toEqual(['3 ADDED b']);
    expect(named.lines).toEqual(['2 MODIFIED a', '4 DELETED a']);
  });

  it('frames an event once for all watchers; a deletion carries its own revision', async () => {
    await put('default', 'a');
    const [one, two] = [new Recorder(), new Recorder()];
    cache.subscribe({ resource: pods, after: cache.revision }, one);
    cache.subscribe({ resource: pods, namespace: 'default', after: cache.revision }, two);
    const revision = await remove('default', 'a');
    expect(one.seen[0]!.frame()).toBe(two.seen[0]!.frame());
    const text = one.seen[0]!.frame().toString();
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ type: 'DELETED', object: { metadata: { resourceVersion: String(revision) } } });
  });

  it('tells a selecting watcher of entering and leaving', async () => {
    const sink = new Recorder();
    cache.subscribe({ resource: pods, after: 0 }, sink);
    await put('default', 'a', { app: 'web' });
    await put('default', 'a', { app: 'db' });
    await put('default', 'a', { app: 'db' });
    await put('default', 'a', { app: 'web' });
    await put('default', 'a', { app: 'web' });
    await remove('default', 'a');
    const told = sink.seen.map((event) => {
      const selected = selectEvent(event, (object) => object.metadata.labels?.app === 'web');
      return (
        selected && `${selected.type} ${selected.object.object.metadata.labels?.app} ${selected.object.object.metadata.resourceVersion}`
      );
    });
    expect(told).toEqual(['ADDED web 1', 'DELETED web 2', undefined, 'ADDED web 4', 'MODIFIED web 5', 'DELETED web 6']);
    expect(JSON.parse(sink.seen[1]!.frame('DELETED').toString()).object.metadata).toMatchObject({ labels: { app: 'web' } });
  });

  it('refuses to start before its window, with the words of the real server', async () => {
    await cache.close();
    cache = await open(store, { events: 2, bytes: 1e6 });
    for (let i = 0; i < 5; i++) await put('default', 'a');
    expect(() => cache.subscribe({ resource: pods, after: 2 }, new Recorder())).toThrow('too old resource version: 2 (3)');
    expect(() => cache.list(pods, { at: 1 })).toThrow(expect.objectContaining({ code: 410, reason: 'Expired' }));
    const sink = new Recorder();
    cache.subscribe({ resource: pods, after: 3 }, sink);
    expect(sink.lines).toEqual(['4 MODIFIED a', '5 MODIFIED a']);
  });

  it('bounds its window by bytes, and keeps the newest event whatever its size', async () => {
    await cache.close();
    cache = await open(store, { events: 1000, bytes: 10 });
    await put('default', 'a');
    await put('default', 'a');
    const sink = new Recorder();
    cache.subscribe({ resource: pods, after: 1 }, sink);
    expect(sink.lines).toEqual(['2 MODIFIED a']);
  });

  it('holds events while a sink is paused, and cuts the one that stays behind', async () => {
    const sink = new Recorder();
    const subscription = cache.subscribe({ resource: pods, after: 0, bufferLimit: 2 }, sink);
    subscription.pause();
    await put('default', 'a');
    await put('default', 'b');
    expect(sink.lines).toEqual([]);
    expect(subscription.revision).toBe(0);
    subscription.resume();
    expect(sink.lines).toEqual(['1 ADDED a', '2 ADDED b']);
    expect(subscription.revision).toBe(2);
    subscription.pause();
    for (const name of ['c', 'd', 'e']) await put('default', name);
    expect(sink.ended).toBe('slow');
    expect(sink.seen).toHaveLength(2);
  });

  it('a closed subscription hears nothing more', async () => {
    const sink = new Recorder();
    cache.subscribe({ resource: pods, after: 0 }, sink).close();
    await put('default', 'a');
    expect([sink.lines, sink.ended]).toEqual([[], undefined]);
  });

  it('a sink that subscribes anew while it is called gets each event once', async () => {
    const inner = new Recorder();
    let once = true;
    cache.subscribe(
      { resource: pods, after: 0 },
      {
        events: () => {
          if (once) cache.subscribe({ resource: pods, after: 0 }, inner);
          once = false;
        },
        end: () => undefined,
      },
    );
    await put('default', 'a');
    await put('default', 'b');
    expect(inner.lines).toEqual(['1 ADDED a', '2 ADDED b']);
  });

  it('sends bookmarks to those who want them, when they have everything', async () => {
    const [wants, paused] = [new Recorder(), new Recorder()];
    cache.subscribe({ resource: pods, after: 0, bookmarks: true }, wants);
    cache.subscribe({ resource: pods, after: 0, bookmarks: true }, paused).pause();
    await put('default', 'a');
    await clock.advance(60_000);
    expect([wants.bookmarks, paused.bookmarks]).toEqual([[1], []]);
  });

  it('waitFor gives up after its time', async () => {
    const waiting = cache.waitFor(99, { timeoutMs: 3000 });
    await clock.advance(3000);
    expect(await waiting).toBe(false);
  });

  it('shows who holds a claim, from before it began and after', async () => {
    await cache.close();
    await store.write([{ key: '/services/a/x', expect: 'absent', value: '{}', claims: ['ip/1', 'ip/2'] }]);
    cache = await open(store);
    await store.write([
      { key: '/services/a/x', expect: 'any', value: '{}', claims: ['ip/2'] },
      { key: '/services/a/y', expect: 'any', value: '{}', claims: ['ip/1', 'port/5'] },
    ]);
    await cache.sync();
    expect([cache.taken('ip/1'), cache.taken('ip/2'), cache.taken('ip/3')]).toEqual(['/services/a/y', '/services/a/x', undefined]);
    await store.write([{ key: '/services/a/y', expect: 'any', value: undefined }]);
    await cache.sync();
    expect([...cache.claims('')]).toEqual([['ip/2', '/services/a/x']]);
  });

  it('opens what a sealed store keeps', async () => {
    await cache.close();
    const memory = store;
    store = sealedStore(memory, createSealing([{ id: 'k1', secret: Buffer.alloc(32, 7) }]), (key) => key.startsWith('/pods/'));
    cache = await open(store);
    await put('default', 'a');
    expect((await memory.get(podKey('default', 'a')))!.value).toMatch(/^berth:sealed:v1:k1:/);
    expect(cache.get(podKey('default', 'a'))!.object.metadata.name).toBe('a');
  });
});
