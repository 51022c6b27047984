import type { Clock } from './clock.ts';

interface Timer {
  dueMs: number;
  /** Timers for the same time fire in the order in which they were set. */
  order: number;
  fire: () => void;
}

/** A clock that stands still until a test moves it. Timers fire in order of their due time, promises settle between them. */
export class ManualClock implements Clock {
  private timers: Timer[] = [];
  private order = 0;
  private currentMs: number;

  constructor(start: Date | string = '2026-01-01T00:00:00Z') {
    this.currentMs = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.currentMs);
  }

  monotonicMs(): number {
    return this.currentMs;
  }

  after(ms: number, task: () => void): () => void {
    const timer: Timer = { dueMs: this.currentMs + Math.max(0, ms), order: this.order++, fire: task };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((t) => t !== timer);
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Unlike the machine's, its ticks are never late: each is due `ms` after the consumer has come for it. */
  async *every(ms: number, signal: AbortSignal): AsyncIterable<Date> {
    while (!signal.aborted) {
      yield this.now();
      try {
        await this.sleep(ms, signal);
      } catch (err) {
        if (signal.aborted) return;
        throw err;
      }
    }
  }

  /** Number of timers that wait: a test that ends with any has leaked one. */
  get pending(): number {
    return this.timers.length;
  }

  /** Moves time forward by `ms`, firing every timer that falls due on the way, with the promises it settles. */
  async advance(ms: number): Promise<void> {
    const end = this.currentMs + ms;
    await settle();
    for (;;) {
      const due = this.timers.filter((t) => t.dueMs <= end).toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (!due) break;
      this.timers = this.timers.filter((t) => t !== due);
      this.currentMs = due.dueMs;
      due.fire();
      await settle();
    }
    this.currentMs = end;
  }
}

/** Lets every promise that is ready run; setImmediate comes after the whole microtask queue. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
