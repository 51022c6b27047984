import { setImmediate as turn, setTimeout as sleepFor } from 'node:timers/promises';

/** Time as an argument: everything that waits or reads the time takes one of these, so tests run on a manual clock. */
export interface Clock {
  /** Wall-clock time, for timestamps that people and other machines read. */
  now(): Date;
  /** Milliseconds that never go backwards, for measuring durations. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with `signal.reason` when the signal aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` once after `ms`; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
  /** Yields now and then every `ms` until `signal` aborts; a slow consumer skips ticks instead of piling them up. */
  every(ms: number, signal: AbortSignal): AsyncIterable<Date>;
}

/** Runs `task` when everything that has arrived by now (on all sockets) has been taken: what belongs together is then together. */
export const afterPoll = (task: () => void): void => void setImmediate(task);

/** Resolves in the next turn of the event loop, when the sockets have been looked at. */
export const nextTurn = (): Promise<void> => turn();

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleepFor(ms, undefined, { signal });
    } catch (err) {
      throw signal?.aborted ? signal.reason : err;
    }
  },
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  async *every(ms, signal) {
    let next = performance.now();
    while (!signal.aborted) {
      yield new Date();
      next = Math.max(next + ms, performance.now());
      try {
        await sleepFor(Math.max(0, next - performance.now()), undefined, { signal });
      } catch (err) {
        if (signal.aborted) return;
        throw err;
      }
    }
  },
};
