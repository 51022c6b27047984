import type { Readable } from 'node:stream';
import { badParameter, EngineError } from '../errors.ts';

/** More than any container's configuration has, and too little to harm. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The JSON object of a request; undefined when there is nothing. Throws 400 for what is no object, too large, or cut off. */
export async function jsonBody(body: Readable): Promise<Record<string, unknown> | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw badParameter('http: request body too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8').trim();
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (err) {
    // Docker answers 500 for a body that is cut off, 400 for what is broken otherwise.
    if (/Unexpected end|Unterminated|after property|or '}'/.test((err as Error).message))
      throw new EngineError(500, 'unexpected EOF', { cause: err });
    throw badParameter(`invalid JSON: ${(err as Error).message}`);
  }
  if (value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw badParameter('invalid JSON: not an object');
  return value as Record<string, unknown>;
}
