import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { filePath } from '#base';

const startBytes = 64 * 1024;
const headerBytes = 512;

/** What Node cannot unpack, by its first bytes; Docker runs a program for xz too. */
const programs = [
  { program: 'bzip2', magic: Buffer.from('BZh') },
  { program: 'xz', magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) },
] as const;

/** ADD unpacks local tar archives; by content, never by name (Dockerfile reference, "Adding local tar archives"). */
export async function isTarArchive(path: string): Promise<boolean> {
  const start = await startOf(path);
  const program = programFor(start);
  return looksLikeTar(program ? await firstOutput(program, path) : unpackStart(start));
}

/** The archive as layers may be packed, or plain: bzip2 and xz are unpacked here. */
export async function* readArchive(path: string): AsyncGenerator<Buffer> {
  const program = programFor(await startOf(path));
  if (program) yield* outputOf(program, path);
  else yield* createReadStream(filePath(path), { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(filePath(path), 'r');
  try {
    const start = Buffer.alloc(startBytes);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    return start.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function programFor(start: Buffer): string | undefined {
  return programs.find(({ magic }) => start.subarray(0, magic.length).equals(magic))?.program;
}

/** Enough to know an archive by; whatever came before a failure, since a file may only look packed. */
async function firstOutput(program: string, path: string): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of outputOf(program, path)) {
      first = Buffer.concat([first, chunk]);
      if (first.length >= headerBytes) break;
    }
  } catch (err) {
    if (!(err instanceof UnpackFailure)) throw err;
  }
  return first;
}

class UnpackFailure extends Error {}

async function* outputOf(program: string, path: string): AsyncGenerator<Buffer> {
  // By its descriptor: a name that is no UTF-8 cannot be an argument.
  const file = await open(filePath(path), 'r');
  const child = spawn(program, ['-dc'], { stdio: [file.fd, 'pipe', 'ignore'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  try {
    await once(child, 'spawn').catch((err: unknown) => {
      throw new Error(`${program} is needed to unpack this archive and cannot be started`, { cause: err });
    });
    yield* child.stdout as AsyncIterable<Buffer>;
    const [code] = await closed;
    if (code !== 0) throw new UnpackFailure(`${program} cannot unpack the archive: exit code ${code}`);
  } finally {
    child.kill();
    await closed.catch(() => undefined); // its failure to start has been told
    await file.close();
  }
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
  if (bytes.length < headerBytes || bytes[0] === 0) return false;
  let sum = 8 * 32;
  for (let i = 0; i < headerBytes; i++) if (i < 148 || i >= 156) sum += bytes[i]!;
  return Number.parseInt(bytes.toString('latin1', 148, 156).replaceAll('\0', ' ').trim(), 8) === sum;
}
