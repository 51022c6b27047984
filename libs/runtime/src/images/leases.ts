import type { Digest } from '#base';

/**
 * Keeps garbage collection away from what a running pull or build is about to use. Leasing waits for a collection that runs, so nobody
 * sees a blob that the collection has already decided to delete.
 */
export class Leases {
  private readonly counts = new Map<Digest, number>();
  private collection: Promise<unknown> = Promise.resolve();

  /** Answers how to give them back, which may be called twice. Several leases of one digest add up. */
  async take(digests: readonly Digest[]): Promise<() => void> {
    await this.collection.catch(() => undefined); // its failure is its caller's
    for (const digest of digests) this.counts.set(digest, (this.counts.get(digest) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const digest of digests) {
        const left = (this.counts.get(digest) ?? 1) - 1;
        if (left > 0) this.counts.set(digest, left);
        else this.counts.delete(digest);
      }
    };
  }

  holds(digest: Digest): boolean {
    return this.counts.has(digest);
  }

  /** Runs alone among collections, with no new lease meanwhile. */
  collect<T>(task: () => Promise<T>): Promise<T> {
    const run = this.collection.catch(() => undefined).then(task);
    this.collection = run;
    return run;
  }
}
