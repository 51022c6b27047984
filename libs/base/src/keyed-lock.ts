/** Runs tasks of one key one after the other. */
export class KeyedLock {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** In the order of the calls; a failure is its caller's alone, and the next one runs. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const mine = before.then(task, task);
    const tail = mine.catch(() => undefined); // its caller gets the error
    this.tails.set(key, tail);
    void tail.then(() => {
      if (this.tails.get(key) === tail) this.tails.delete(key);
    });
    return mine;
  }
}
