import type { IncomingMessage } from 'node:http';
import { ApiError } from '#api';
import type { Clock } from '#base';
import { bodyTooLarge, MAX_BODY_BYTES } from '../chain.ts';

/**
 * What a client sends beyond the limit is read up to this bound and forgotten: a connection that is closed while the client writes is reset,
 * and the answer is lost with it.
 */
const MAX_DISCARDED_BYTES = 5 * MAX_BODY_BYTES;

/** A body holds a place that others wait for: it has as long as a request may take, and after a while must come at some rate. */
const LONGEST_MS = 60_000;
const GRACE_MS = 10_000;
const MIN_BYTES_PER_SECOND = 1024;
const LOOK_EVERY_MS = 5_000;

/** The body of a request. Throws ApiError 413, 408, and what broke the connection. */
export function readBody(request: IncomingMessage, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const began = clock.monotonicMs();
    const look = (): void => {
      const elapsedMs = clock.monotonicMs() - began;
      if (elapsedMs >= LONGEST_MS || length < ((elapsedMs - GRACE_MS) / 1000) * MIN_BYTES_PER_SECOND) reject(tooSlow(length, elapsedMs));
      else cancel = clock.after(LOOK_EVERY_MS, look);
    };
    let cancel = clock.after(LOOK_EVERY_MS, look);
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else if (length > MAX_DISCARDED_BYTES) reject(bodyTooLarge());
    });
    request.once('end', () => {
      cancel();
      if (length > MAX_BODY_BYTES) reject(bodyTooLarge());
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
    });
    // Every request closes: an Error with its stack for each would cost a twentieth of its time.
    request.once('close', () => {
      cancel();
      if (!request.complete) reject(new Error('the client left before its body was complete'));
    });
    request.once('error', reject);
  });
}

/** Reads have none that counts. */
export const hasBody = ({ method }: IncomingMessage): boolean => method !== 'GET' && method !== 'HEAD';

/** RFC 9110 §15.5.9; the reason is the API's for what took too long. */
function tooSlow(length: number, elapsedMs: number): ApiError {
  const message = `Timeout: the request's body came too slowly, ${length} bytes in ${Math.round(elapsedMs / 1000)}s`;
  return new ApiError({ code: 408, reason: 'Timeout', message, details: {} });
}
