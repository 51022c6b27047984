import { setImmediate as turn } from 'node:timers/promises';

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

/** setTimeout takes what does not fit into 31 bits, 24.8 days, for no time at all. */
const MOST_MS = 2 ** 31 - 1;

/** The machine's clock. Its waits may be of any length, which those of Node's timers may not. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = (): void => {
        cancel();
        reject(signal!.reason);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      signal?.addEventListener('abort', stop, { once: true });
    });
  },
  after(ms, task) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      timer = leftMs > MOST_MS ? setTimeout(wait, MOST_MS, leftMs - MOST_MS) : setTimeout(task, leftMs);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
  async *every(ms, signal) {
    let next = performance.now();
    while (!signal.aborted) {
      yield new Date();
      // Late: the ticks that were missed are one, which comes at once, and the rhythm goes on from there.
      next = Math.max(next + ms, performance.now());
      try {
        await this.sleep(Math.max(0, next - performance.now()), signal);
      } catch (err) {
        if (signal.aborted) return;
        throw err;
      }
    }
  },
};
