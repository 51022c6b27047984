import type { IncomingMessage } from 'node:http';
import { bodyTooLarge, MAX_BODY_BYTES } from '../chain.ts';

/**
 * What a client sends beyond the limit is read up to this bound and forgotten: a connection that is closed while the client writes is reset,
 * and the answer is lost with it.
 */
const MAX_DISCARDED_BYTES = 5 * MAX_BODY_BYTES;

const none = Buffer.alloc(0);

/** The body of a request; reads have none that counts. Throws ApiError 413, and what broke the connection. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  if (request.method === 'GET' || request.method === 'HEAD') return Promise.resolve(none);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
      else if (length > MAX_DISCARDED_BYTES) reject(bodyTooLarge());
    });
    request.once('end', () => {
      if (length > MAX_BODY_BYTES) reject(bodyTooLarge());
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
    });
    // Every request closes: an Error with its stack for each would cost a twentieth of its time.
    request.once('close', () => request.complete || reject(new Error('the client left before its body was complete')));
    request.once('error', reject);
  });
}
