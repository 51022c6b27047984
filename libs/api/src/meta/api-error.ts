import { type FieldError, told } from './field-error.ts';
import type { Gvk } from './object.ts';

/** One thing that was wrong; kubectl shows each on a line of its own. */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** What the error is about, for programs: these read it and not the message. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** `meta/v1` Status: what the API answers when it does not answer an object. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

/** The only error that the API throws. Its constructors have upstream's names: `k8s.io/apimachinery/pkg/api/errors`. */
export class ApiError extends Error {
  readonly status: Status;

  constructor(
    { code, reason, message, details }: { code: number; reason: string; message: string; details?: StatusDetails },
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'ApiError';
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason && { reason }), // some of upstream's errors have none
      ...(details && { details }),
      code,
    };
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }

  static fromStatus(status: Status): ApiError {
    return new ApiError({
      code: status.code,
      reason: status.reason ?? '',
      message: status.message ?? '',
      ...(status.details && { details: status.details }),
    });
  }
}

/** The plural name and group, as in `deployments.apps`. */
export interface GroupResource {
  group: string;
  resource: string;
}

const named = ({ group, resource }: GroupResource): string => (group ? `${resource}.${group}` : resource);
const detailsOf = ({ group, resource }: GroupResource, name: string): StatusDetails => ({
  ...(name && { name }),
  ...(group && { group }),
  kind: resource,
});

/** 404: the object is not there. Clients take it for a fact, so caches that may be behind are asked again before. */
export const notFound = (resource: GroupResource, name: string): ApiError =>
  new ApiError({ code: 404, reason: 'NotFound', message: `${named(resource)} "${name}" not found`, details: detailsOf(resource, name) });

/** 409 as `conflict`, with a reason of its own: trying again with a newer version is no use. */
export const alreadyExists = (resource: GroupResource, name: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${named(resource)} "${name}" already exists`,
    details: detailsOf(resource, name),
  });

/** 409: the object is another than the client thought. It reads again and decides anew. */
export const conflict = (resource: GroupResource, name: string, why: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${named(resource)} "${name}": ${why}`,
    details: detailsOf(resource, name),
  });

/** Upstream's words for a lost race, which programs have come to look for. */
export const objectModified = 'the object has been modified; please apply your changes to the latest version and try again';

/** 422 with every field that is wrong, so that a client mends all of them at once. */
export const invalid = (kind: Pick<Gvk, 'group' | 'kind'>, name: string, errors: readonly FieldError[]): ApiError => {
  const causes = told(errors).map(({ type, message, field }) => ({ reason: type, message, field }));
  const lines = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))]; // an aggregate of Go names each text once
  const title = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${title} "${name}" is invalid: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}`,
    details: {
      ...(name && { name }),
      ...(kind.group && { group: kind.group }),
      kind: kind.kind,
      causes,
    },
  });
};

/** 400: what came cannot be read, or makes no sense whatever object it is about. */
export const badRequest = (message: string, cause?: unknown): ApiError => new ApiError({ code: 400, reason: 'BadRequest', message }, cause);
/** 401: credentials were shown and are not good. */
export const unauthorized = (message = 'Unauthorized'): ApiError => new ApiError({ code: 401, reason: 'Unauthorized', message });
/** 403: known, and not allowed; `why` says what was missing. */
export const forbidden = (resource: GroupResource, name: string, why: string): ApiError =>
  new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${named(resource)}${name ? ` "${name}"` : ''} is forbidden: ${why}`,
    details: detailsOf(resource, name),
  });
/** 405: the resource is there and does not do that. */
export const methodNotSupported = (resource: GroupResource, action: string): ApiError =>
  new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${action} is not supported on resources of kind "${named(resource)}"`,
    details: detailsOf(resource, ''),
  });
/** 410: the version is older than what is kept. Clients list again and go on from there (API concepts, "410 Gone responses"). */
export const expired = (message: string): ApiError => new ApiError({ code: 410, reason: 'Expired', message });
/** 413: too much for one request or one object; the same again is no use. */
export const requestEntityTooLarge = (message: string): ApiError => new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
/** 415: the body is in a format that this path does not take. */
export const unsupportedMediaType = (message: string): ApiError => new ApiError({ code: 415, reason: 'UnsupportedMediaType', message });
/** 406: none of the formats that the client would take is there (RFC 9110 §12.5.1). */
export const notAcceptable = (message: string): ApiError => new ApiError({ code: 406, reason: 'NotAcceptable', message });
/** 429: later it may do. Clients wait for as long as `retryAfterSeconds` says. */
export const tooManyRequests = (message: string, retryAfterSeconds: number): ApiError =>
  new ApiError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } });
/** 500: a fault of the server. `cause` goes to the log and not to the client. */
export const internalError = (message: string, cause?: unknown): ApiError =>
  new ApiError(
    { code: 500, reason: 'InternalError', message: `Internal error occurred: ${message}`, details: { causes: [{ message }] } },
    cause,
  );
/** 503: not now; the same may succeed later. */
export const serviceUnavailable = (message: string): ApiError => new ApiError({ code: 503, reason: 'ServiceUnavailable', message });
/** 504: what was asked for did not come to pass in time. */
export const timeout = (message: string, retryAfterSeconds = 1): ApiError =>
  new ApiError({ code: 504, reason: 'Timeout', message, details: { retryAfterSeconds } });
/** The path names no resource that is served. */
export const pageNotFound = (): ApiError =>
  new ApiError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });
