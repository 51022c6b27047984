import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';

/** ADD unpacks local tar archives; by content, never by name (Dockerfile reference, "Adding local tar archives"). */
export async function isTarArchive(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const start = Buffer.alloc(64 * 1024);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    return looksLikeTar(unpackStart(start.subarray(0, bytesRead)));
  } finally {
    await file.close();
  }
}

export function readArchive(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: 256 * 1024 });
}

function unpackStart(bytes: Buffer): Buffer {
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528)
      return zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush });
  } catch {
    return bytes; // only looks packed: an ordinary file, and no archive
  }
  return bytes;
}

/** The checksum of a header is what tells an archive from other files; old ones have no magic. */
function looksLikeTar(bytes: Buffer): boolean {
  if (bytes.length < 512 || bytes[0] === 0) return false;
  let sum = 8 * 32;
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += bytes[i]!;
  return Number.parseInt(bytes.toString('latin1', 148, 156).replaceAll('\0', ' ').trim(), 8) === sum;
}
