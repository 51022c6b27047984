import { lookUp } from '#base';
import { Metadata, type ServiceError, status as codes } from '@grpc/grpc-js';
import { ownErrorOf } from '../errors/status-of.ts';

/** The whole meta/v1 Status of a refused call, as JSON. The other side is in `#client`. */
export const statusKey = 'berth-status-bin';

const byReason: Readonly<Record<string, codes>> = { AlreadyExists: codes.ALREADY_EXISTS, Conflict: codes.ABORTED };
const byCode: Readonly<Record<number, codes>> = {
  400: codes.INVALID_ARGUMENT,
  401: codes.UNAUTHENTICATED,
  403: codes.PERMISSION_DENIED,
  404: codes.NOT_FOUND,
  405: codes.UNIMPLEMENTED,
  406: codes.INVALID_ARGUMENT,
  409: codes.ABORTED,
  410: codes.OUT_OF_RANGE,
  413: codes.INVALID_ARGUMENT,
  415: codes.INVALID_ARGUMENT,
  422: codes.INVALID_ARGUMENT,
  429: codes.RESOURCE_EXHAUSTED,
  503: codes.UNAVAILABLE,
  504: codes.DEADLINE_EXCEEDED,
};

/** A peer gives up a call whose trailers are longer than about 16 KiB: causes and the end of a long message stay behind then. */
const maxStatusBytes = 8 * 1024;
const maxMessageLength = 2 * 1024;

/** What `error` is on the wire; anything but an ApiError is an internal error of which the caller learns the message only. */
export function serviceErrorOf(error: unknown): ServiceError {
  const api = ownErrorOf(error);
  // The library encodes it as a URI, which throws for half a surrogate pair: messages quote what callers sent.
  const message = api.message.slice(0, maxMessageLength).toWellFormed();
  const whole = Buffer.from(JSON.stringify(api.status));
  const { details: _, ...short } = api.status;
  const metadata = new Metadata();
  metadata.set(statusKey, whole.length <= maxStatusBytes ? whole : Buffer.from(JSON.stringify({ ...short, message })));
  return Object.assign(new Error(message, { cause: error }), {
    code: lookUp(byReason, api.reason) ?? byCode[api.code] ?? codes.INTERNAL,
    details: message,
    metadata,
  });
}
