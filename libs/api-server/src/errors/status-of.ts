import { ApiError, internalError, type Status } from '#api';

/** What a client is told of a failure. Whatever is not the API's own error is an internal one. */
export const statusOf = (err: unknown): Status =>
  err instanceof ApiError ? err.status : internalError(err instanceof Error ? err.message : String(err), err).status;
