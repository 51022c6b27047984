import { MAX_BATCH, StoreError, type Write } from './contract.ts';

/**
 * What a key may hold. The limit that clients know is the api-server's, on what they sent; this one is beyond it, whatever became of that:
 * JSON takes up to six bytes for one, and sealing a third more.
 */
export const MAX_VALUE_BYTES = 16 * 1024 * 1024;

/** Changes that a log keeps unless told otherwise. */
export const LOG_WINDOW = 50_000;

/** Refuses what no store may take: the caller's mistake, found before anything is written. */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length > MAX_BATCH) throw new StoreError('too-large', `a batch holds at most ${MAX_BATCH} writes, not ${writes.length}`);
  for (const { key, value } of writes) {
    // A UTF-16 unit is at most 3 bytes of UTF-8: only long texts need counting.
    if (value === undefined || value.length * 3 <= MAX_VALUE_BYTES) continue;
    const bytes = Buffer.byteLength(value);
    if (bytes > MAX_VALUE_BYTES) throw new StoreError('too-large', `${key}: ${bytes} bytes, at most ${MAX_VALUE_BYTES} can be stored`);
  }
}
