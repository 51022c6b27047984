/** Exponential back-off per key: `baseMs`, twice that, four times that … up to `maxMs`. */
export class Backoff<K> {
  private readonly failures = new Map<K, number>();

  constructor(
    private readonly baseMs: number,
    private readonly maxMs: number,
  ) {}

  /** Counts one more failure of `key` and returns how long to wait before the next try. */
  nextMs(key: K): number {
    const failed = this.failures.get(key) ?? 0;
    this.failures.set(key, failed + 1);
    // Bounded: 2 ** 1024 is Infinity, and with a base of 0 that would make no number.
    return Math.min(this.maxMs, this.baseMs * 2 ** Math.min(failed, 52));
  }

  /** Failures counted since the last `reset`; 0 for a key that has not failed. */
  failuresOf(key: K): number {
    return this.failures.get(key) ?? 0;
  }

  /** After a success: the next failure waits `baseMs` again. Keys that are never reset stay in memory. */
  reset(key: K): void {
    this.failures.delete(key);
  }
}
