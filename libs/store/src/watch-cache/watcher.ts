import { scopeOf } from './scopes.ts';
import type { CacheEvent, SubscribeOptions, Subscription, WatchSink } from './contract.ts';

/** Events that wait for a paused sink before it counts as slow. */
const BUFFER_LIMIT = 1000;

/** One subscription: passes events on, or holds a bounded number of them while its sink is paused. */
export class Watcher implements Subscription {
  readonly scope: string;
  readonly wantsBookmarks: boolean;
  private readonly limit: number;
  private waiting: CacheEvent[] = [];
  private paused = false;
  private ended = false;

  constructor(
    options: SubscribeOptions,
    private readonly sink: WatchSink,
    private readonly cache: { revision(): number; forget(watcher: Watcher, why: string): void },
  ) {
    this.scope = scopeOf(options);
    this.limit = options.bufferLimit ?? BUFFER_LIMIT;
    this.wantsBookmarks = options.bookmarks ?? false;
  }

  /** How far the sink has come: everything up to it has been handed over, or does not concern it. */
  get revision(): number {
    const first = this.waiting[0];
    return first ? first.revision - 1 : this.cache.revision();
  }

  /** In order, at once or after those that wait already. Ends the subscription as 'slow' when too many wait. */
  deliver(events: readonly CacheEvent[]): void {
    if (this.ended || events.length === 0) return;
    if (!this.paused && this.waiting.length === 0) return this.sink.events(events);
    // Not push(...events): a window of events may be longer than an argument list.
    for (const event of events) this.waiting.push(event);
    if (this.waiting.length > this.limit) this.end('slow');
  }

  /** Only when nothing waits: a bookmark must not overtake an event (API concepts, "Watch bookmarks"). */
  bookmark(): void {
    if (this.wantsBookmarks && !this.ended && !this.paused && this.waiting.length === 0) this.sink.bookmark?.(this.cache.revision());
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    // The sink may pause again, or close, while it takes these.
    if (this.ended || this.waiting.length === 0) return;
    const events = this.waiting;
    this.waiting = [];
    this.sink.events(events);
  }

  /** Tells the sink once; `close` is the subscriber's own end, which it need not be told. */
  end(why: Parameters<WatchSink['end']>[0]): void {
    if (this.ended) return;
    this.stop(why);
    this.sink.end(why);
  }

  close(): void {
    if (!this.ended) this.stop('unsubscribed');
  }

  private stop(why: string): void {
    this.ended = true;
    this.waiting = [];
    this.cache.forget(this, why);
  }
}
