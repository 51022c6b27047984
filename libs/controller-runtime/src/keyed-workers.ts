import { ApiError } from '#api';
import { type Clock, WorkQueue } from '#base';
import type { Logger } from '#telemetry';
import type { QueueMetrics, WorkQueueMetrics } from './metrics.ts';

export interface KeyedWorkersOptions {
  /** The `name` label of the metrics. */
  name: string;
  clock: Clock;
  logger: Logger;
  metrics: WorkQueueMetrics;
  workers: number;
  /** Works on one key, never on the same twice at a time. Throwing brings the key back after its back-off. */
  work(key: string): Promise<{ requeueAfterMs?: number } | void>;
}

/** When it is not known whether a write happened, the cache gets this long to show it before the key is looked at again. */
const unknownOutcomeMs = 1_000;

/** A work queue, its workers and their metrics: what every controller runs on. */
export class KeyedWorkers {
  private readonly queue: WorkQueue<string>;
  private readonly addedMs = new Map<string, number>();
  private readonly startedMs = new Map<string, number>();
  private readonly metrics: QueueMetrics;

  constructor(private readonly options: KeyedWorkersOptions) {
    const { clock, name } = options;
    this.queue = new WorkQueue<string>(clock);
    this.metrics = options.metrics.queue(name, () => {
      const now = clock.monotonicMs();
      return [...this.startedMs.values()].map((started) => (now - started) / 1000);
    });
    this.queue.onChange = (event, depth) => {
      if (event === 'get') this.metrics.added(); // told for every key, also one that a waiting worker takes at once
      this.metrics.depth(depth);
    };
  }

  add(key: string): void {
    if (!this.addedMs.has(key)) this.addedMs.set(key, this.options.clock.monotonicMs());
    this.queue.add(key);
  }

  addAfter(key: string, ms: number): void {
    if (ms <= 0) this.add(key);
    else this.queue.addAfter(key, ms);
  }

  /** Works until the signal aborts, then finishes what is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const close = (): void => this.queue.close();
    if (signal.aborted) close();
    signal.addEventListener('abort', close, { once: true });
    await Promise.all(Array.from({ length: this.options.workers }, () => this.worker()));
  }

  private async worker(): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      const startedMs = this.options.clock.monotonicMs();
      this.startedMs.set(key, startedMs);
      this.metrics.waited((startedMs - (this.addedMs.get(key) ?? startedMs)) / 1000);
      this.addedMs.delete(key);
      try {
        const next = await this.options.work(key);
        this.queue.forget(key);
        if (next?.requeueAfterMs !== undefined) this.queue.addAfter(key, Math.max(1, next.requeueAfterMs));
      } catch (err) {
        this.failed(key, err);
      } finally {
        this.startedMs.delete(key);
        this.queue.done(key);
        this.metrics.worked((this.options.clock.monotonicMs() - startedMs) / 1000);
      }
    }
  }

  private failed(key: string, err: unknown): void {
    const { logger, name } = this.options;
    const code = err instanceof ApiError ? err.code : undefined;
    this.metrics.retried();
    // 409: somebody else wrote first, or the cache is a moment behind. Everyday, and the next try sees it.
    if (code === 409) logger.debug({ controller: name, key, err }, 'reconcile met a conflict, trying again');
    else logger.warn({ controller: name, key, err }, 'reconcile failed, trying again');
    if (code === 503 || code === 504) this.queue.addAfter(key, unknownOutcomeMs);
    else this.queue.retry(key);
  }
}
