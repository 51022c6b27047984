import type { Registry } from 'prom-client';
import { Backoff, type Clock } from '#base';
import type { Logger } from '#telemetry';
import { type Change, type Store, StoreError } from '../contract.ts';
import { parseKey, resourceKey } from '../keys.ts';
import { type WatchCacheMetrics, watchCacheMetrics } from '../metrics.ts';
import { Bucket } from './bucket.ts';
import { Cached, Event } from './cached-object.ts';
import { ClaimsView } from './claims-view.ts';
import type { SubscribeOptions, Subscription, WatchCache, WatchSink } from './contract.ts';
import { defaultLimits, EventWindows, type WindowLimits } from './event-window.ts';
import { scopesOf } from './scopes.ts';
import { Watcher } from './watcher.ts';
import { Waiters } from './waiters.ts';

const AGE_MS = 10_000;
const BOOKMARK_MS = 60_000; // kube-apiserver's bookmarkFrequency
const WAIT_MS = 3_000; // and its blockTimeout for reads that are ahead of the cache

/** What a cache is made of. It does not own the store: whoever made that closes it. */
export interface WatchCacheOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  registry: Registry;
  /** Where they differ from `defaultLimits`. */
  window?: Partial<WindowLimits>;
}

/** Empty until `start`. */
export function createWatchCache(options: WatchCacheOptions): WatchCache {
  return new FollowingCache(options);
}

class FollowingCache implements WatchCache {
  healthy = false;
  revision = 0;
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly metrics: WatchCacheMetrics;
  private readonly limits: WindowLimits;
  private readonly ending = new AbortController();
  private readonly backoff = new Backoff<'store'>(50, 5_000);
  private readonly waiters: Waiters;
  private buckets = new Map<string, Bucket>();
  private windows: EventWindows;
  private holders = new ClaimsView(new Map());
  private filledAt = 0;
  private tasks: Promise<void>[] = [];

  constructor({ store, clock, logger, registry, window }: WatchCacheOptions) {
    this.store = store;
    this.clock = clock;
    this.logger = logger;
    this.limits = { ...defaultLimits, ...window };
    this.windows = new EventWindows(this.limits);
    this.metrics = watchCacheMetrics(registry);
    this.waiters = new Waiters(clock);
  }

  async start(): Promise<void> {
    await this.untilAnswered(() => this.fill());
    this.tasks = [this.follow(), this.sendBookmarks(), this.ageWindows()];
  }

  async close(): Promise<void> {
    this.ending.abort();
    this.healthy = false;
    this.waiters.giveUp();
    for (const watcher of this.allWatchers()) watcher.end('closed');
    await Promise.all(this.tasks);
  }

  get(key: string): Cached | undefined {
    const { group, resource } = parseKey(key);
    return this.buckets.get(resourceKey({ group, resource }))?.get(key);
  }

  list(resource: string, { namespace, at }: { namespace?: string; at?: number } = {}): { items: Cached[]; revision: number } {
    const bucket = this.bucket(resource);
    if (at === undefined || at >= this.revision) return { items: bucket.list(namespace), revision: this.revision };
    return { items: bucket.listAt(namespace, at), revision: at };
  }

  count(resource: string): number {
    return this.buckets.get(resource)?.size ?? 0;
  }

  resources(): string[] {
    return [...this.buckets.keys()];
  }

  async waitFor(revision: number, { timeoutMs = WAIT_MS, signal }: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<boolean> {
    if (this.revision >= revision) return true;
    const started = this.clock.monotonicMs();
    const reached = await this.waiters.wait(revision, timeoutMs, signal);
    this.metrics.readWait.observe((this.clock.monotonicMs() - started) / 1000);
    return reached;
  }

  async sync(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<boolean> {
    return this.waitFor(await this.store.revision(), options);
  }

  subscribe(options: SubscribeOptions, sink: WatchSink): Subscription {
    const bucket = this.bucket(options.resource);
    const missed = bucket.window.after(options.after);
    const watcher = new Watcher(options, sink, {
      revision: () => this.revision,
      forget: (gone, why) => {
        bucket.remove(gone);
        if (why === 'slow') this.metrics.terminated.inc(labelsOf(options.resource));
      },
    });
    bucket.add(watcher);
    watcher.deliver(watcher.scope === '' ? missed : missed.filter((event) => scopesOf(event.current).includes(watcher.scope)));
    return watcher;
  }

  taken(claim: string): string | undefined {
    return this.holders.holder(claim);
  }

  claims(prefix: string): Map<string, string> {
    return this.holders.under(prefix);
  }

  /** Begins anew from a list. Watchers are ended, since what happened between their last event and the list cannot be told one by one. */
  private async fill(): Promise<void> {
    const { entries, revision } = await this.store.list('');
    // Read after the list: changes from `revision` on are replayed over it, and end at what is true.
    const holders = await this.store.claims('');
    const watchers = this.allWatchers();
    this.buckets = new Map();
    this.windows = new EventWindows(this.limits);
    this.holders = new ClaimsView(holders);
    this.filledAt = revision;
    this.revision = revision;
    for (const entry of entries) this.bucketOf(entry.key).put(entry.key, Cached.of(entry));
    this.healthy = true;
    this.backoff.reset('store');
    this.metrics.initializations.inc();
    this.metrics.revision.set(revision);
    this.waiters.reached(revision);
    for (const watcher of watchers) watcher.end('resync');
    this.logger.info({ revision, objects: entries.length }, 'watch cache filled');
  }

  /** Reads the log for ever: after a lost connection from where it was, after a lost place from a new list. */
  private async follow(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        for await (const batch of this.store.changes(this.revision, signal)) this.apply(batch);
      } catch (err) {
        if (signal.aborted) return;
        this.healthy = false;
        this.logger.warn({ err, revision: this.revision }, 'watch cache lost the log');
        const compacted = err instanceof StoreError && err.code === 'compacted';
        if (!compacted) await this.pause();
        await this.untilAnswered(async () => {
          // A revision behind ours: the store was put back to an older state, and ours is not true any more.
          if (compacted || (await this.store.revision()) < this.revision) await this.fill();
          this.healthy = true;
        });
      }
    }
  }

  /**
   * One batch of the log. The revision moves before anybody hears of it, so that who is told and reads at once sees it. Changes that are
   * there already are passed over.
   */
  private apply(batch: readonly Change[]): void {
    const byBucket = new Map<Bucket, Event[]>();
    for (const change of batch) {
      if (change.revision <= this.revision) continue;
      this.holders.apply(change);
      const bucket = this.bucketOf(change.key);
      const event = this.applyChange(bucket, change);
      if (!event) continue;
      const events = byBucket.get(bucket);
      if (events) events.push(event);
      else byBucket.set(bucket, [event]);
    }
    this.revision = Math.max(this.revision, batch.at(-1)?.revision ?? 0);
    this.backoff.reset('store');
    this.healthy = true;
    this.metrics.revision.set(this.revision);
    for (const [bucket, events] of byBucket) this.dispatch(bucket, events);
    this.waiters.reached(this.revision);
  }

  /** Undefined where nothing was there and nothing is: no watcher has anything to hear. */
  private applyChange(bucket: Bucket, { key, revision, value }: Change): Event | undefined {
    const previous = bucket.get(key);
    const next = value === undefined ? undefined : Cached.of({ key, revision, value }, previous ? 'MODIFIED' : 'ADDED');
    if (!previous && !next) return undefined;
    const event = new Event(revision, previous, next);
    bucket.put(key, next);
    this.windows.record(bucket.window, event, this.clock.monotonicMs());
    return event;
  }

  /** Each event to the watchers of its object's scopes, in batches, so that a watcher costs nothing by events that it does not look at. */
  private dispatch(bucket: Bucket, events: Event[]): void {
    const labels = labelsOf(bucket.resource);
    this.metrics.received.inc(labels, events.length);
    if (bucket.watchers.size === 0) return;
    const byScope = new Map<string, Event[]>();
    for (const event of events) {
      for (const scope of scopesOf(event.current)) {
        if (!bucket.watchers.has(scope)) continue;
        const scoped = byScope.get(scope);
        if (scoped) scoped.push(event);
        else byScope.set(scope, [event]);
      }
    }
    // Who watches is settled first: a sink may subscribe anew, and a new watcher already has these events from the window.
    const deliveries = [...byScope].flatMap(([scope, scoped]) => [...bucket.watchers.get(scope)!].map((watcher) => ({ watcher, scoped })));
    for (const { watcher, scoped } of deliveries) watcher.deliver(scoped);
    this.metrics.dispatched.inc(labels, events.length);
  }

  /** Keeps the version of quiet watches young: one that ends is taken up from a version that the window still has. */
  private async sendBookmarks(): Promise<void> {
    let first = true;
    for await (const _now of this.clock.every(BOOKMARK_MS, this.ending.signal)) {
      if (!first) for (const watcher of this.allWatchers()) watcher.bookmark();
      first = false;
    }
  }

  private async ageWindows(): Promise<void> {
    for await (const _now of this.clock.every(AGE_MS, this.ending.signal)) this.windows.age(this.clock.monotonicMs());
  }

  private allWatchers(): Watcher[] {
    return [...this.buckets.values()].flatMap((bucket) => [...bucket.watchers.values()].flatMap((group) => [...group]));
  }

  private bucketOf(key: string): Bucket {
    return this.bucket(resourceKey(parseKey(key)));
  }

  private bucket(resource: string): Bucket {
    let bucket = this.buckets.get(resource);
    if (!bucket) this.buckets.set(resource, (bucket = new Bucket(resource, this.windows.open(this.filledAt))));
    return bucket;
  }

  /** Repeats `task` with growing pauses until it succeeds or the cache is closed. */
  private async untilAnswered(task: () => Promise<void>): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        return await task();
      } catch (err) {
        this.logger.warn({ err }, 'the store does not answer; trying again');
        await this.pause();
      }
    }
  }

  private async pause(): Promise<void> {
    const { signal } = this.ending;
    await this.clock.sleep(this.backoff.nextMs('store'), signal).catch((reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
  }
}

function labelsOf(resource: string): { group: string; resource: string } {
  const slash = resource.indexOf('/');
  return { group: resource.slice(0, slash), resource: resource.slice(slash + 1) };
}
