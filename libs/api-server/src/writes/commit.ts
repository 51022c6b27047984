import { type Store, StoreError, type Write, type WriteOutcome } from '#store';
import { ApiError, requestEntityTooLarge } from '#api';

/** One write to the store, with those that follow it; the store sends together what is ready together. Throws ApiError 413; 503 when it is not known whether it happened. */
export async function commit(store: Store, writes: readonly [Write, ...Write[]]): Promise<WriteOutcome> {
  try {
    const [outcome] = await store.write(writes);
    return outcome!;
  } catch (err) {
    throw asApiError(err);
  }
}

/** Of an error that `commit` threw. */
export const mayHaveHappened = (err: unknown): boolean => !(err instanceof ApiError) || err.code === 503;

/** The one place where store errors become the API's. */
function asApiError(err: unknown): unknown {
  if (!(err instanceof StoreError)) return err;
  if (err.code === 'too-large') return requestEntityTooLarge(`Request entity too large: ${err.message}`);
  if (err.code === 'unavailable') {
    return new ApiError({ code: 503, reason: 'ServiceUnavailable', message: 'the store cannot be reached' }, err);
  }
  return err;
}
