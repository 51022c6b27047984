import type { IncomingMessage, ServerResponse } from 'node:http';
import { RegistryError, type RegistryErrorCode } from '../contract.ts';
import type { Happening } from '../notifications/event.ts';

/** One request on its way to one answer. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  /** Tells endpoints of notifications, where there are some. Resolves when they will be told. */
  note: (happening: Happening) => Promise<void>;
}

/** Statuses as the Docker registry's error codes have them; OCI distribution-spec leaves most of them open. */
const statuses: Readonly<Record<RegistryErrorCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  UNKNOWN: 500,
};

/** 200 with a body. HEAD gets the same head and no body. */
export function sendJson({ request, response }: Exchange, body: unknown, headers: Record<string, string> = {}): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** RFC 9110, 8.6: an answer 204 has no Content-Length; every other one says that nothing follows. */
export function sendEmpty({ response }: Exchange, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, status === 204 ? headers : { 'content-length': '0', ...headers });
  response.end();
}

/** Sends pieces of an answer whose head has been written, one at a time. Resolves when the kernel has taken the piece. */
export const bodyOf =
  (response: ServerResponse) =>
  (piece: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      const gone = (): void => reject(Object.assign(new Error('the client went away'), { code: 'ECONNRESET' }));
      if (response.destroyed) return gone();
      // A write of an answer that waits for an earlier one on its connection is not told that the connection is gone.
      response.once('close', gone);
      response.write(piece, (err) => {
        response.off('close', gone);
        if (err) reject(err);
        else resolve();
      });
    });

/** OCI distribution-spec, "Error Codes". Errors of ours tell the client nothing but that they happened; the log has them. */
export function sendError({ request, response }: Exchange, err: unknown): void {
  // Part of an answer is on its way: cutting the connection is all that is left to say that it is not whole.
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known =
    err instanceof RegistryError
      ? err
      : diskFull(err)
        ? new RegistryError('UNKNOWN', 'no space left in the registry', { status: 507 })
        : undefined;
  const { code, message, options } = known ?? new RegistryError('UNKNOWN', 'unknown error');
  const entry = { code, message, ...(options.detail !== undefined && { detail: options.detail }) };
  const bytes = Buffer.from(`${JSON.stringify({ errors: [entry] })}\n`);
  // A body that nobody read would be taken for the next request on this connection.
  const close = request.complete ? {} : { connection: 'close' };
  response.writeHead(statusOf({ code, options }), {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...close,
    ...options.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

export function statusOf({ code, options }: Pick<RegistryError, 'code' | 'options'>): number {
  return options.status ?? statuses[code];
}

function diskFull(err: unknown): boolean {
  const code = (err as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** 405 with the `Allow` that RFC 9110, 15.5.6 demands. */
export function unsupported(method: string, allowed: readonly string[]): RegistryError {
  return new RegistryError('UNSUPPORTED', 'The operation is unsupported.', { detail: { method }, headers: { allow: allowed.join(', ') } });
}
