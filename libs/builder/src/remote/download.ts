import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export const isHttpUrl = (text: string): boolean => /^https?:\/\//.test(text);

/** What a file that was fetched is called: the last part of the address; undefined where it has none. */
export function nameOfUrl(url: string): string | undefined {
  const name = posix.basename(decodeURIComponent(new URL(url).pathname));
  return name === '' || name === '.' || name === '..' || name.includes('/') ? undefined : name;
}

/** Fetches into a file that is not there yet. Throws Error with BuildKit's words; then the content is not to be used. */
export async function download(
  url: string,
  path: string,
  { checksum, signal }: { checksum?: string; signal?: AbortSignal },
): Promise<void> {
  const [, algorithm = '', wanted] = /^(sha256|sha384|sha512):([0-9a-f]+)$/.exec(checksum ?? '') ?? [];
  if (checksum !== undefined && !wanted) throw new Error(`invalid checksum digest format: ${checksum}`);
  const response = await fetch(url, { signal }).catch((err: unknown) => {
    throw new Error(`failed to fetch ${url}: ${reasonOf(err)}`, { cause: err });
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`invalid response status ${response.status} of ${url}`);
  }
  const hash = createHash(algorithm || 'sha256');
  const hashed = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.fromWeb(response.body), hashed, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  const found = hash.digest('hex');
  if (wanted && found !== wanted) throw new Error(`digest mismatch ${algorithm}:${found}: ${checksum}`);
}

/** `fetch` hides what has happened in the cause. */
function reasonOf(err: unknown): string {
  const { cause, message } = err as Error;
  return cause instanceof Error ? cause.message || ((cause as NodeJS.ErrnoException).code ?? message) : message;
}
