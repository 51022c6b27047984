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
    return Math.min(this.maxMs, this.baseMs * 2 ** Math.min(failed, 52));
  }

  failuresOf(key: K): number {
    return this.failures.get(key) ?? 0;
  }

  reset(key: K): void {
    this.failures.delete(key);
  }
}
