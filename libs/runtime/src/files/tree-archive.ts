import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, read as readCallback } from 'node:fs';
import { promisify } from 'node:util';
import { imageXattrs } from '../layers/diff-archive.ts';
import type { EntryType, TarEntry } from '../layers/tar-header.ts';
import { encodeHeader, endOfArchive, padding } from '../layers/tar-writer.ts';
import { opaqueMarker, overlayOpaque, whiteoutName } from '../layers/whiteouts.ts';
import { lgetxattr } from '../host/index.ts';
import { isGone, linkTarget, namesIn, openDirectory, pinEntry, textAt, typeOf } from './handles.ts';

const readAsync = promisify(readCallback);

/** Files up to here are read at once: one more turn through the thread pool costs more than the read. */
const atOnceBytes = 64 * 1024;
const readBytes = 1024 * 1024;
/** Headers and small files go out together. */
const batchBytes = 256 * 1024;

export interface TreeOptions {
  /** The tree is an overlay's upper directory, and becomes a layer: its whiteouts and opaque directories are marked as OCI has it. */
  overlay?: boolean;
  /** Left out, with all that is below. */
  omits?: (path: string) => boolean;
}

/** One archive; the same inode, met again, is a hard link. */
export class TreeArchive {
  private readonly seen = new Map<string, string>();

  constructor(private readonly options: TreeOptions = {}) {}

  /** A single entry of a directory, and all that is below it, called `name` in the archive. */
  entry(directory: number, base: string, name: string): AsyncGenerator<Buffer> {
    return batched(this.whole(this.member(directory, base, name, base)));
  }

  /** What is in a directory. With a name the directory itself comes first. */
  contents(directory: number, name?: string): AsyncGenerator<Buffer> {
    return batched(this.whole(this.directory(directory, name)));
  }

  private async *whole(members: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    yield* members;
    yield endOfArchive;
  }

  private async *directory(fd: number, name: string | undefined): AsyncGenerator<Buffer> {
    if (name !== undefined) yield this.header(fd, '.', `${name}/`, fstatSync(fd, { bigint: true }));
    yield* this.children(fd, name === undefined ? '' : `${name}/`, '');
  }

  private async *children(fd: number, prefix: string, path: string): AsyncGenerator<Buffer> {
    for (const child of namesIn(fd)) yield* this.member(fd, child, prefix + child, path === '' ? child : `${path}/${child}`);
  }

  private async *member(directory: number, base: string, name: string, path: string): AsyncGenerator<Buffer> {
    if (this.options.omits?.(path)) return;
    let handle: number;
    try {
      handle = pinEntry(directory, base);
    } catch (err) {
      if (isGone(err)) return;
      throw err;
    }
    try {
      const stat = fstatSync(handle, { bigint: true });
      if (stat.isFile()) yield* this.file({ directory, base, handle }, name, stat);
      else if (stat.isDirectory()) yield* this.subtree({ directory, base }, name, { stat, path });
      else yield this.header(directory, base, name, stat);
    } finally {
      closeSync(handle);
    }
  }

  private async *file({ directory, base, handle }: Place & { handle: number }, name: string, stat: BigIntStats): AsyncGenerator<Buffer> {
    const key = `${stat.dev}:${stat.ino}`;
    const first = stat.nlink > 1n ? this.seen.get(key) : undefined;
    if (first !== undefined) return void (yield encodeHeader({ ...entryOf('hardlink', name, stat), linkPath: first }));
    let fd: number;
    try {
      // By the handle: what is opened is what has been looked at, and no fifo that would wait for a writer.
      fd = openSync(`/proc/self/fd/${handle}`, constants.O_RDONLY);
    } catch (err) {
      if (isGone(err)) return;
      throw err;
    }
    try {
      const header = this.header(directory, base, name, stat);
      if (header.length === 0) return;
      if (stat.nlink > 1n) this.seen.set(key, name);
      yield header;
      yield* content(fd, Number(stat.size));
    } finally {
      closeSync(fd);
    }
  }

  private async *subtree(
    { directory, base }: Place,
    name: string,
    { stat, path }: { stat: BigIntStats; path: string },
  ): AsyncGenerator<Buffer> {
    let fd: number;
    try {
      fd = openDirectory(directory, base);
    } catch (err) {
      if (isGone(err)) return;
      throw err;
    }
    try {
      yield this.header(directory, base, `${name}/`, stat);
      if (this.options.overlay && lgetxattr(textAt(directory, base), overlayOpaque)?.toString() === 'y') {
        yield encodeHeader(marker(`${name}/${opaqueMarker}`, stat));
      }
      yield* this.children(fd, `${name}/`, path);
    } finally {
      closeSync(fd);
    }
  }

  /** Empty for what no archive can hold, or what has gone meanwhile. */
  private header(directory: number, base: string, name: string, stat: BigIntStats): Buffer {
    const type = typeOf(stat);
    if (type === 'socket') return Buffer.alloc(0);
    if (this.options.overlay && type === 'character' && stat.rdev === 0n) {
      const slash = name.lastIndexOf('/') + 1;
      return encodeHeader(marker(name.slice(0, slash) + whiteoutName(name.slice(slash)), stat));
    }
    try {
      return encodeHeader({
        ...entryOf(type, name, stat),
        sizeBytes: type === 'file' ? Number(stat.size) : 0,
        linkPath: type === 'symlink' ? linkTarget(directory, base) : '',
        xattrs: xattrsOf(textAt(directory, base)),
      });
    } catch (err) {
      if (isGone(err)) return Buffer.alloc(0);
      throw err;
    }
  }
}

interface Place {
  directory: number;
  base: string;
}

/** Whole seconds, as Docker writes them. */
function entryOf(type: EntryType, path: string, stat: BigIntStats): TarEntry {
  return {
    path,
    type,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    sizeBytes: 0,
    mtime: Number(stat.mtimeNs / 1_000_000_000n),
    linkPath: '',
    device: type === 'character' || type === 'block' ? deviceOf(stat.rdev) : { major: 0, minor: 0 },
    xattrs: new Map(),
  };
}

/** Whiteouts are empty files (OCI image-spec, layer.md, "Whiteouts"); who owns them means nothing. */
function marker(path: string, stat: BigIntStats): TarEntry {
  return { ...entryOf('file', path, stat), mode: 0o600, uid: 0, gid: 0, device: { major: 0, minor: 0 } };
}

function xattrsOf(path: string): Map<string, Buffer> {
  const pairs = imageXattrs(path).map((name) => [name, lgetxattr(path, name)] as const);
  return new Map(pairs.filter((pair): pair is [string, Buffer] => pair[1] !== undefined));
}

/** glibc's major(3) and minor(3). */
function deviceOf(rdev: bigint): { major: number; minor: number } {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

/** As many bytes as the header has promised: a file that grows is cut off, one that shrinks ends in zeros. */
async function* content(fd: number, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let left = sizeBytes; left > 0; ) {
    const buffer = Buffer.allocUnsafe(Math.min(readBytes, left));
    const bytes = buffer.length <= atOnceBytes ? readSync(fd, buffer) : (await readAsync(fd, buffer, 0, buffer.length, null)).bytesRead;
    if (bytes === 0) buffer.fill(0);
    const chunk = bytes === 0 ? buffer : buffer.subarray(0, bytes);
    left -= chunk.length;
    yield chunk;
  }
  yield padding(sizeBytes);
}

async function* batched(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes < batchBytes) continue;
    yield waiting.length === 1 ? chunk : Buffer.concat(waiting, bytes);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
}
