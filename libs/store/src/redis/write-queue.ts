import { afterPoll } from '#base';
import { MAX_BATCH, type Write, type WriteOutcome } from '../contract.ts';

interface Group {
  writes: readonly Write[];
  bytes: number;
  resolve(outcomes: WriteOutcome[]): void;
  reject(err: unknown): void;
}

/** A call that carries more text than this waits for nobody: longer ones would hold up Redis's event loop. */
const MAX_CALL_BYTES = 4 * 1024 * 1024;

/**
 * Group commit: callers that come while calls are under way, or in the same turn of the event loop (which reads from all sockets), share
 * the next call. So a lone writer never waits, and many writers pay for one round trip, one script start and one fsync together.
 */
export class WriteQueue {
  private readonly waiting: Group[] = [];
  private inFlight = 0;
  private planned = false;

  constructor(
    private readonly send: (writes: readonly Write[]) => Promise<WriteOutcome[]>,
    private readonly maxInFlight: number,
  ) {}

  add(writes: readonly Write[]): Promise<WriteOutcome[]> {
    if (writes.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const bytes = writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      this.waiting.push({ writes, bytes, resolve, reject });
      this.plan();
    });
  }

  private plan(): void {
    if (this.planned || this.inFlight >= this.maxInFlight) return;
    this.planned = true;
    afterPoll(() => {
      this.planned = false;
      while (this.waiting.length > 0 && this.inFlight < this.maxInFlight) void this.call(this.nextGroups());
    });
  }

  private nextGroups(): Group[] {
    let count = 0;
    let bytes = 0;
    let end = 0;
    for (const group of this.waiting) {
      count += group.writes.length;
      bytes += group.bytes;
      if (end > 0 && (count > MAX_BATCH || bytes > MAX_CALL_BYTES)) break;
      end++;
    }
    return this.waiting.splice(0, end);
  }

  private async call(groups: Group[]): Promise<void> {
    this.inFlight++;
    try {
      const outcomes = await this.send(groups.length === 1 ? groups[0]!.writes : groups.flatMap((group) => group.writes));
      let at = 0;
      for (const group of groups) group.resolve(outcomes.slice(at, (at += group.writes.length)));
    } catch (err) {
      for (const group of groups) group.reject(err);
    } finally {
      this.inFlight--;
      this.plan();
    }
  }
}
