import { ApiError, internalError, type Status } from '#api';

/** What a client is told of a failure. Whatever is not the API's own error is an internal one, and its words are for the log alone. */
export const statusOf = (err: unknown): Status =>
  err instanceof ApiError ? err.status : internalError('the request could not be served: the log of the api-server says why', err).status;

/** The same for the system's own parts, which log what they are told. */
export const ownErrorOf = (err: unknown): ApiError =>
  err instanceof ApiError ? err : internalError(err instanceof Error ? err.message : String(err), err);
