import type { Clock } from '#base';

interface Waiter {
  revision: number;
  settle(reached: boolean): void;
}

/** Callers that wait until a revision has been reached. */
export class Waiters {
  private readonly waiting = new Set<Waiter>();

  constructor(private readonly clock: Clock) {}

  /** False when time runs out, when the signal aborts, or when `giveUp` is called; never rejects. */
  wait(revision: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = (): void => waiter.settle(false);
      const waiter: Waiter = {
        revision,
        settle: (reached) => {
          this.waiting.delete(waiter);
          cancel();
          signal?.removeEventListener('abort', giveUp);
          resolve(reached);
        },
      };
      const cancel = this.clock.after(timeoutMs, giveUp);
      this.waiting.add(waiter);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (signal?.aborted) giveUp();
    });
  }

  reached(revision: number): void {
    for (const waiter of this.waiting) if (waiter.revision <= revision) waiter.settle(true);
  }

  /** The cache is closing: nobody's revision will come. */
  giveUp(): void {
    for (const waiter of this.waiting) waiter.settle(false);
  }
}
