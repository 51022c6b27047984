import type { Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { bad } from './tar-header.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

/** By the first bytes, as containerd and Docker do: media types in the wild are not always right. */
export function compressionOf(start: Buffer): Compression {
  if (start.length >= 2 && start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  // RFC 8878: a frame, or one that readers must skip (0x184D2A50 to 5F).
  if (start.length >= 4 && start[1] === 0xb5 && start[0] === 0x28 && start[2] === 0x2f && start[3] === 0xfd) return 'zstd';
  if (start.length >= 4 && (start[0]! & 0xf0) === 0x50 && start[1] === 0x2a && start[2] === 0x4d && start[3] === 0x18) return 'zstd';
  return 'none';
}

/** More than zlib's 16 KiB: each piece is a turn through the thread pool. */
const chunkBytes = 256 * 1024;

/** Unpacks a stream; plain archives pass as they are. Its work happens in the thread pool. Throws 'bad-image' for broken input. */
export async function* decompress(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  let ended = false;
  while (start.length < 4 && !ended) {
    const next = await iterator.next();
    if (next.done) ended = true;
    else start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  const rest = async function* (): AsyncGenerator<Buffer> {
    try {
      if (start.length > 0) yield start;
      for (let next = ended ? undefined : await iterator.next(); next && !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  };
  const compression = compressionOf(start);
  if (compression === 'none') yield* rest();
  else yield* through(rest(), decompressor(compression));
}

function decompressor(compression: 'gzip' | 'zstd'): Transform {
  if (compression === 'gzip') return createGunzip({ chunkSize: chunkBytes });
  // The largest window that decoders must support is 8 MiB; `zstd --ultra` uses 128 MiB, and no more than that may be asked of us.
  return createZstdDecompress({ chunkSize: chunkBytes, params: { [constants.ZSTD_d_windowLogMax]: 27 } });
}

async function* through(source: AsyncIterable<Buffer>, transform: Transform): AsyncGenerator<Buffer> {
  let failure: unknown;
  const feeding = feed(source, transform).catch((err: unknown) => {
    failure = err;
    transform.destroy(err instanceof Error ? err : new Error(String(err)));
  });
  try {
    for await (const chunk of transform) yield chunk as Buffer;
  } catch (err) {
    if (failure !== undefined) throw failure;
    throw bad(`it cannot be unpacked: ${err instanceof Error ? err.message : String(err)}`);
  } finally {
    transform.destroy();
    await feeding;
  }
}

async function feed(source: AsyncIterable<Buffer>, transform: Transform): Promise<void> {
  for await (const chunk of source) {
    if (transform.destroyed) return;
    if (!transform.write(chunk)) await drained(transform);
  }
  transform.end();
}

/** Also settles when the stream is closed: a consumer that has stopped will never drain it. */
function drained(transform: Transform): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      transform.off('drain', done);
      transform.off('close', done);
      transform.off('error', done);
      resolve();
    };
    if (transform.destroyed) return resolve();
    transform.on('drain', done);
    transform.on('close', done);
    transform.on('error', done);
  });
}
