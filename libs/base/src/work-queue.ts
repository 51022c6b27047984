import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';

/**
 * A queue of keys, each at most once in it and never handed to two workers at a time: a key added while it is being worked on
 * comes back when the worker is done. Kubernetes' `client-go/util/workqueue` with its rate limiter.
 */
export class WorkQueue<K> {
  /** In the order in which they came, without those that are being worked on. */
  private readonly ready: K[] = [];
  /** What has to be worked on, again or for the first time: what is in `ready`, and what was added while a worker had it. */
  private readonly dirty = new Set<K>();
  private readonly working = new Set<K>();
  private readonly delayed = new Map<K, { dueMs: number; cancel: () => void }>();
  /** Workers in `take`, the longest waiting first. There are none while `ready` has a key. */
  private readonly waiting: ((key: K | undefined) => void)[] = [];
  private readonly backoff: Backoff<K>;
  private closed = false;
  /** Called on every change of what waits, for `workqueue_depth` and its kin. */
  onChange: (event: 'add' | 'get' | 'done' | 'retry', depth: number) => void = () => undefined;

  constructor(
    // The defaults are those of client-go's ItemExponentialFailureRateLimiter: 5 ms to 1000 s.
    private readonly clock: Clock,
    { baseMs = 5, maxMs = 1_000_000 }: { baseMs?: number; maxMs?: number } = {},
  ) {
    this.backoff = new Backoff(baseMs, maxMs);
  }

  /** Keys that wait for a worker; neither those being worked on nor those that are delayed. */
  get depth(): number {
    return this.ready.length;
  }

  /** Puts the key in at once. Nothing happens when it waits already, or after `close`. */
  add(key: K): void {
    if (this.closed || this.dirty.has(key)) return;
    this.dirty.add(key);
    if (this.working.has(key)) return;
    this.push(key);
  }

  /** Adds after `ms`; of several pending delays of one key the earliest counts. */
  addAfter(key: K, ms: number): void {
    if (this.closed) return;
    if (ms <= 0) return this.add(key);
    const dueMs = this.clock.monotonicMs() + ms;
    const pending = this.delayed.get(key);
    if (pending && pending.dueMs <= dueMs) return;
    pending?.cancel();
    const cancel = this.clock.after(ms, () => {
      this.delayed.delete(key);
      this.add(key);
    });
    this.delayed.set(key, { dueMs, cancel });
  }

  /** Adds after this key's back-off, which doubles with each call until `forget`. */
  retry(key: K): void {
    this.onChange('retry', this.depth);
    this.addAfter(key, this.backoff.nextMs(key));
  }

  /** After a success: ends the back-off. A delay that is pending already stays. */
  forget(key: K): void {
    this.backoff.reset(key);
  }

  /** The next key, or undefined once the queue is closed. Every key taken must be given back with `done`. */
  async take(): Promise<K | undefined> {
    if (this.closed) return undefined;
    const key = this.ready.shift();
    if (key === undefined) return new Promise((resolve) => this.waiting.push(resolve));
    return this.start(key);
  }

  /** Gives a key of `take` back, whether the work succeeded or not; until then nobody else gets it. */
  done(key: K): void {
    this.working.delete(key);
    this.onChange('done', this.depth);
    if (this.dirty.has(key)) this.push(key);
  }

  /**
   * Those that wait in `take` get undefined, as do all who come later. Delayed and waiting keys are dropped, work under way is not touched.
   */
  close(): void {
    this.closed = true;
    for (const { cancel } of this.delayed.values()) cancel();
    this.delayed.clear();
    for (const resolve of this.waiting.splice(0)) resolve(undefined);
  }

  private push(key: K): void {
    const waiter = this.waiting.shift();
    if (waiter) return waiter(this.start(key));
    this.ready.push(key);
    this.onChange('add', this.depth);
  }

  private start(key: K): K {
    this.dirty.delete(key);
    this.working.add(key);
    this.onChange('get', this.depth);
    return key;
  }
}
