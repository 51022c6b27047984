import type { Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import type { RuntimeError } from '../contract.ts';
import { bad } from './tar-header.ts';
import { zstdFrames } from './zstd-frames.ts';

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
/** Work for both sides while the other one waits for a processor. */
const streaming = { chunkSize: chunkBytes, readableHighWaterMark: 8 * chunkBytes, writableHighWaterMark: 4 * chunkBytes };

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
  else if (compression === 'gzip') yield* through(rest(), createGunzip(streaming));
  else for await (const frame of zstdFrames(rest())) yield* unpackFrame(frame);
}

/** The largest window that decoders must support is 8 MiB; `zstd --ultra` uses 128 MiB, and no more than that may be asked of us. */
const zstdParams = { [constants.ZSTD_d_windowLogMax]: 27 };
/** Packed, and unpacked: such a frame is decoded at once. zstd:chunked makes thousands of them, and a stream for each costs more than its bytes. */
const smallFrame = { packedBytes: 64 * 1024, bytes: 1024 * 1024 };

async function* unpackFrame(frame: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const start: Buffer[] = [];
  let startBytes = 0;
  let isWhole = false;
  while (!isWhole && startBytes <= smallFrame.packedBytes) {
    const next = await frame.next();
    if (next.done) isWhole = true;
    else startBytes += start[start.push(next.value) - 1]!.length;
  }
  const decoded = isWhole ? smallFrameOf(Buffer.concat(start)) : undefined;
  if (decoded) {
    if (decoded.length > 0) yield decoded;
    return;
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    yield* start;
    yield* frame;
  };
  yield* through(all(), createZstdDecompress({ ...streaming, params: zstdParams }));
}

/** undefined: it is larger than that, and is better unpacked as a stream. */
function smallFrameOf(packed: Buffer): Buffer | undefined {
  try {
    return zstdDecompressSync(packed, { maxOutputLength: smallFrame.bytes, params: zstdParams });
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw broken(err);
  }
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
    throw broken(err);
  } finally {
    transform.destroy();
    await feeding;
  }
}

function broken(err: unknown): RuntimeError {
  return bad(`it cannot be unpacked: ${err instanceof Error ? err.message : String(err)}`);
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
