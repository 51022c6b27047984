import { type Store, StoreError, type Write, type WriteOutcome, MAX_BATCH } from '#store';
import { ApiError, requestEntityTooLarge } from '#api';

/** Store calls that may be under way at a time: one is written while the next is on its way. */
const MAX_IN_FLIGHT = 3;

interface Pending {
  write: Write;
  settle: (outcome: WriteOutcome) => void;
  fail: (err: unknown) => void;
}

/**
 * Group commit: the writes that requests have ready in one turn of the event loop go to the store in one call, and so do those that come
 * while it is busy. One writer alone waits for nobody.
 */
export class Committer {
  private readonly queue: Pending[] = [];
  private inFlight = 0;
  private scheduled = false;

  constructor(private readonly store: Store) {}

  /** Throws ApiError 503 when it is not known whether the write happened. */
  commit(write: Write): Promise<WriteOutcome> {
    return new Promise((settle, fail) => {
      this.queue.push({ write, settle, fail });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= MAX_IN_FLIGHT) return;
    this.scheduled = true;
    // nextTick runs when the microtasks of this turn are done, so that everything that became ready in it is in the queue.
    process.nextTick(() => {
      this.scheduled = false;
      while (this.queue.length > 0 && this.inFlight < MAX_IN_FLIGHT) void this.flush(this.queue.splice(0, MAX_BATCH));
    });
  }

  private async flush(batch: Pending[]): Promise<void> {
    this.inFlight++;
    try {
      const outcomes = await this.store.write(batch.map(({ write }) => write));
      batch.forEach(({ settle }, i) => settle(outcomes[i]!));
    } catch (err) {
      if (batch.length > 1 && err instanceof StoreError && err.code === 'too-large') await this.oneByOne(batch);
      else for (const { fail } of batch) fail(asApiError(err));
    } finally {
      this.inFlight--;
      if (this.queue.length > 0) this.schedule();
    }
  }

  /** A value that is too large is its own writer's fault alone. */
  private async oneByOne(batch: Pending[]): Promise<void> {
    for (const { write, settle, fail } of batch) {
      try {
        settle((await this.store.write([write]))[0]!);
      } catch (err) {
        fail(asApiError(err));
      }
    }
  }
}

/** The one place where store errors become the API's. */
export function asApiError(err: unknown): unknown {
  if (!(err instanceof StoreError)) return err;
  if (err.code === 'too-large') return requestEntityTooLarge(`Request entity too large: ${err.message}`);
  if (err.code === 'unavailable') {
    return new ApiError({ code: 503, reason: 'ServiceUnavailable', message: 'the store cannot be reached' }, err);
  }
  return err;
}
