/** Concurrent calls for one key are one call. A later call, after the first has settled, runs again. */
export class SingleFlight<K, V> {
  private readonly running = new Map<K, Promise<V>>();

  run(key: K, task: () => Promise<V>): Promise<V> {
    const present = this.running.get(key);
    if (present) return present;
    const started = task().finally(() => this.running.delete(key));
    this.running.set(key, started);
    return started;
  }
}
