import { type Metadata, status as codes } from '@grpc/grpc-js';
import { ApiError, type Status } from '#api';

/** Trailing metadata that carries the whole `meta/v1` Status as JSON; the gRPC code alone cannot tell a conflict's details. */
export const statusMetadataKey = 'berth-status-bin';

interface CallFailure {
  code: number;
  details: string;
  metadata?: Metadata;
}

/** What a failed call means: the Status that the server sent along, else the nearest one to its gRPC code. */
export function toApiError(err: unknown): ApiError {
  if (err instanceof ApiError) return err;
  if (!isCallFailure(err)) return new ApiError({ code: 500, reason: 'InternalError', message: String(err) }, err);
  const sent = statusOf(err);
  if (sent) return ApiError.fromStatus(sent);
  const [code, reason] = byCode[err.code] ?? [500, 'InternalError'];
  return new ApiError({ code, reason, message: err.details || 'the call failed' }, err);
}

function isCallFailure(err: unknown): err is CallFailure {
  return typeof err === 'object' && err !== null && typeof (err as CallFailure).code === 'number' && 'details' in err;
}

function statusOf(err: CallFailure): Status | undefined {
  const value = err.metadata?.get(statusMetadataKey)[0];
  if (value === undefined) return undefined;
  try {
    return JSON.parse(value.toString()) as Status;
  } catch {
    return undefined; // a peer of another version: its gRPC code still tells
  }
}

const byCode: Readonly<Record<number, readonly [number, string]>> = {
  // Not by us: whoever aborts a call does not look at its error. A server that is stopped resets what is under way.
  [codes.CANCELLED]: [503, 'ServiceUnavailable'],
  [codes.INVALID_ARGUMENT]: [400, 'BadRequest'],
  [codes.DEADLINE_EXCEEDED]: [504, 'Timeout'],
  [codes.NOT_FOUND]: [404, 'NotFound'],
  [codes.ALREADY_EXISTS]: [409, 'AlreadyExists'],
  [codes.PERMISSION_DENIED]: [403, 'Forbidden'],
  [codes.RESOURCE_EXHAUSTED]: [429, 'TooManyRequests'],
  [codes.FAILED_PRECONDITION]: [409, 'Conflict'],
  [codes.ABORTED]: [409, 'Conflict'],
  [codes.OUT_OF_RANGE]: [410, 'Expired'],
  [codes.UNIMPLEMENTED]: [405, 'MethodNotAllowed'],
  [codes.INTERNAL]: [500, 'InternalError'],
  [codes.UNAVAILABLE]: [503, 'ServiceUnavailable'],
  [codes.UNAUTHENTICATED]: [401, 'Unauthorized'],
};
