import type { Clock } from './clock.ts';

/** Runs `task` with a signal that aborts after `ms`. What the task answers or throws then is its own to say; the timer ends with the task. */
export async function withTimeLimit<T>(clock: Clock, ms: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const cancel = clock.after(ms, () => late.abort(new Error(`not done within ${ms} ms`)));
  try {
    return await task(late.signal);
  } finally {
    cancel();
  }
}
