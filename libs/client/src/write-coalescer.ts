import type { Api, ListQuery, ObjectRef, WatchEvent, WriteItem, WriteResult } from './contract.ts';
import type { KubeObject } from '#api';

interface Waiting {
  items: readonly WriteItem[];
  resolve: (results: WriteResult[]) => void;
  reject: (err: unknown) => void;
}

/**
 * Writes that are asked for in one tick go out as one WriteMany, and while `maxInFlight` are under way the next ones gather. Each
 * caller gets its own outcomes. Order holds within a call, as before; an unknown outcome (503, 504) is that of every call in it.
 */
export function coalesceWrites(api: Api, { maxInFlight = 4, maxItems = 256 } = {}): Api {
  return new CoalescingApi(api, maxInFlight, maxItems);
}

class CoalescingApi implements Api {
  private waiting: Waiting[] = [];
  private inFlight = 0;
  private scheduled = false;

  constructor(
    private readonly api: Api,
    private readonly maxInFlight: number,
    private readonly maxItems: number,
  ) {}

  get<T extends KubeObject>(ref: ObjectRef): Promise<T> {
    return this.api.get<T>(ref);
  }

  list<T extends KubeObject>(query: ListQuery): Promise<{ items: T[]; resourceVersion: string }> {
    return this.api.list<T>(query);
  }

  watch<T extends KubeObject>(query: ListQuery & { resourceVersion?: string }, signal: AbortSignal): AsyncIterable<WatchEvent<T>[]> {
    return this.api.watch<T>(query, signal);
  }

  writeMany(items: readonly WriteItem[]): Promise<WriteResult[]> {
    if (items.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      // Twice through the microtask queue: workers that were woken by the same event get to add theirs.
      queueMicrotask(() => queueMicrotask(() => this.flush()));
    });
  }

  private flush(): void {
    this.scheduled = false;
    while (this.waiting.length > 0 && this.inFlight < this.maxInFlight) this.send(this.nextBatch());
  }

  private nextBatch(): Waiting[] {
    let count = 0;
    let end = 0;
    while (end < this.waiting.length && (end === 0 || count + this.waiting[end]!.items.length <= this.maxItems)) {
      count += this.waiting[end]!.items.length;
      end++;
    }
    return this.waiting.splice(0, end);
  }

  private send(batch: readonly Waiting[]): void {
    this.inFlight++;
    this.api
      .writeMany(batch.flatMap((call) => call.items))
      .then(
        (results) => {
          let from = 0;
          for (const { items, resolve } of batch) resolve(results.slice(from, (from += items.length)));
        },
        (err: unknown) => {
          for (const { reject } of batch) reject(err);
        },
      )
      .finally(() => {
        this.inFlight--;
        this.flush();
      });
  }
}
