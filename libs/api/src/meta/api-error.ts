import { type FieldError, told } from './field-error.ts';
import type { Gvk } from './object.ts';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

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

export const notFound = (resource: GroupResource, name: string): ApiError =>
  new ApiError({ code: 404, reason: 'NotFound', message: `${named(resource)} "${name}" not found`, details: detailsOf(resource, name) });

export const alreadyExists = (resource: GroupResource, name: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${named(resource)} "${name}" already exists`,
    details: detailsOf(resource, name),
  });

export const conflict = (resource: GroupResource, name: string, why: string): ApiError =>
  new ApiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${named(resource)} "${name}": ${why}`,
    details: detailsOf(resource, name),
  });

export const objectModified = 'the object has been modified; please apply your changes to the latest version and try again';

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

export const badRequest = (message: string, cause?: unknown): ApiError => new ApiError({ code: 400, reason: 'BadRequest', message }, cause);
export const unauthorized = (message = 'Unauthorized'): ApiError => new ApiError({ code: 401, reason: 'Unauthorized', message });
export const forbidden = (resource: GroupResource, name: string, why: string): ApiError =>
  new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${named(resource)}${name ? ` "${name}"` : ''} is forbidden: ${why}`,
    details: detailsOf(resource, name),
  });
export const methodNotSupported = (resource: GroupResource, action: string): ApiError =>
  new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${action} is not supported on resources of kind "${named(resource)}"`,
    details: detailsOf(resource, ''),
  });
export const expired = (message: string): ApiError => new ApiError({ code: 410, reason: 'Expired', message });
export const requestEntityTooLarge = (message: string): ApiError => new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
export const unsupportedMediaType = (message: string): ApiError => new ApiError({ code: 415, reason: 'UnsupportedMediaType', message });
export const notAcceptable = (message: string): ApiError => new ApiError({ code: 406, reason: 'NotAcceptable', message });
export const tooManyRequests = (message: string, retryAfterSeconds: number): ApiError =>
  new ApiError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } });
export const internalError = (message: string, cause?: unknown): ApiError =>
  new ApiError(
    { code: 500, reason: 'InternalError', message: `Internal error occurred: ${message}`, details: { causes: [{ message }] } },
    cause,
  );
export const serviceUnavailable = (message: string): ApiError => new ApiError({ code: 503, reason: 'ServiceUnavailable', message });
export const timeout = (message: string, retryAfterSeconds = 1): ApiError =>
  new ApiError({ code: 504, reason: 'Timeout', message, details: { retryAfterSeconds } });
/** The path names no resource that is served. */
export const pageNotFound = (): ApiError =>
  new ApiError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });
