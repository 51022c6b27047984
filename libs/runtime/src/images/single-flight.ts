/** Concurrent calls for one key are one call. A later call, after the first has settled, runs again. */
export class SingleFlight<K, V> {
  private readonly running = new Map<K, { result: Promise<V>; signal: AbortSignal | undefined }>();

  /**
   * Each caller gives up by its own signal alone: when the call that was first is given up, one of those that waited for it takes
   * over. Any other failure is everybody's.
   */
  async run(key: K, task: () => Promise<V>, signal?: AbortSignal): Promise<V> {
    for (let present = this.running.get(key); present; present = this.running.get(key)) {
      try {
        return await untilAborted(present.result, signal);
      } catch (err) {
        if (signal?.aborted || !present.signal?.aborted) throw err;
      }
    }
    const result = task().finally(() => this.running.delete(key));
    this.running.set(key, { result, signal });
    return result;
  }
}

function untilAborted<V>(result: Promise<V>, signal: AbortSignal | undefined): Promise<V> {
  if (!signal) return result;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp);
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
