import type { S3mini } from 's3mini';
import { KeyedLock } from '#base';
import type { Entry, StorageDriver, Stored } from './contract.ts';
import { partsOf } from './paths.ts';

/** The part of S3's interface that is used, as the client has it. */
export type Bucket = Pick<
  S3mini,
  | 'abortMultipartUpload'
  | 'completeMultipartUpload'
  | 'copyObject'
  | 'deleteObject'
  | 'deleteObjects'
  | 'getMultipartUploadId'
  | 'getObject'
  | 'getObjectArrayBuffer'
  | 'getObjectRaw'
  | 'listObjects'
  | 'putObject'
  | 'uploadPart'
>;

/** What is larger goes in parts; all but the last must have 5 MiB (S3, "Multipart upload limits"), and there are 10,000 at most. */
const partBytes = 16 * 1024 * 1024;
const mostParts = 9_000;
/** A download whose connection breaks is taken up so often without a byte in between. */
const attempts = 4;

/** Of a folder from which the last file was removed, which S3 does not know of; no name of the store begins with a dot. */
const folderMark = '.folder';
/** Below it, when files were touched: S3 has no such thing. */
const touched = '.touched';

/**
 * Objects of a bucket. What is appended to is kept in a directory of this machine (`staging`) until it is committed: parts of objects cannot
 * be appended to, and uploads come in pieces of any size. Processes that share the staging directory continue each other's uploads.
 */
export class S3Driver implements StorageDriver {
  /** Between them a file is touched and not removed, or removed and not touched. Of this process: see docs/registry.md, "S3". */
  private readonly deciding = new KeyedLock();

  constructor(
    private readonly bucket: Bucket,
    private readonly staging: StorageDriver,
    private readonly prefix = '',
  ) {}

  async open(): Promise<void> {
    await this.staging.open();
    if ((await this.bucket.listObjects('/', this.key(folderMark), 1)) === null) throw new Error('there is no such bucket');
  }

  async stat(path: string): Promise<Stored | undefined> {
    partsOf(path);
    const staged = await this.staging.stat(path);
    if (staged && !staged.isFolder) return staged;
    const [object, mark] = await Promise.all([this.object(path), this.bucket.getObject(this.key(`${touched}/${path}`))]);
    if (object)
      return { isFolder: false, sizeBytes: object.Size, changedAtMs: mark ? Number(mark) : new Date(object.LastModified).getTime() };
    if (staged) return staged;
    const below = await this.bucket.listObjects('/', this.folderKey(path), 1);
    return below?.length ? { isFolder: true, sizeBytes: 0, changedAtMs: 0 } : undefined;
  }

  async list(folder: string): Promise<Entry[]> {
    const entries = new Map((await this.staging.list(folder)).map((entry) => [entry.name, entry]));
    const base = this.folderKey(folder);
    for (const { Key } of (await this.bucket.listObjects('/', base, undefined, { delimiter: '/' })) ?? []) {
      const isFolder = Key.endsWith('/');
      const name = isFolder ? Key.slice(base.length, -1) : Key.slice(base.length);
      if (name !== '' && !name.startsWith('.')) entries.set(name, { name, isFolder });
    }
    return [...entries.values()];
  }

  async read(path: string): Promise<Buffer | undefined> {
    const staged = await this.readStaged(path);
    if (staged) return staged;
    const bytes = await this.bucket.getObjectArrayBuffer(this.key(path));
    return bytes ? Buffer.from(bytes) : undefined;
  }

  async send(path: string, range: { first: number; last: number }, take: (piece: Buffer) => Promise<void>): Promise<void> {
    const staged = await this.staging.stat(path);
    if (staged && !staged.isFolder) return this.staging.send(path, range, take);
    let at = range.first;
    for (let attempt = 1; at <= range.last; attempt++) {
      const before = at;
      let refused = false;
      try {
        for await (const piece of this.bytes(path, at, range.last)) {
          at += piece.length;
          await take(piece).catch((err: unknown) => {
            refused = true;
            throw err;
          });
        }
        if (at <= range.last) throw new Error(`${path} ends at ${at}`);
      } catch (err) {
        if (at > before) attempt = 1; // it moves
        if (isBehindTheEnd(err)) throw new Error(`${path} ends at ${at}`, { cause: err });
        if (refused || attempt >= attempts) throw err;
      }
    }
  }

  put(path: string, content: Buffer | string): Promise<void> {
    return this.deciding.run(path, async () => {
      await this.bucket.putObject(this.key(path), typeof content === 'string' ? content : Buffer.from(content), 'application/octet-stream');
      await Promise.all([this.untouch(path), this.staging.remove(path)]);
    });
  }

  async append(path: string, source: AsyncIterable<Buffer>, seen?: (piece: Buffer) => void): Promise<void> {
    const staged = await this.staging.stat(path);
    const before = staged ? undefined : await this.read(path);
    if (before) {
      await this.staging.append(path, once(before));
      await this.removeObject(path);
    }
    await this.staging.append(path, source, seen);
  }

  commit(from: string, to: string): Promise<void> {
    return this.deciding.run(to, async () => {
      const staged = await this.staging.stat(from);
      if (staged) await this.upload(from, to, staged.sizeBytes);
      else await this.bucket.copyObject(this.key(from), this.key(to));
      await Promise.all([this.untouch(to), this.staging.remove(to)]);
      await (staged ? this.staging.remove(from) : this.removeObject(from));
    });
  }

  touch(path: string, at: Date): Promise<boolean> {
    return this.deciding.run(path, async () => {
      if (await this.staging.touch(path, at)) return true;
      if (!(await this.object(path))) return false;
      await this.bucket.putObject(this.key(`${touched}/${path}`), String(at.getTime()), 'text/plain');
      return true;
    });
  }

  removeUntouched(path: string, sinceMs: number): Promise<boolean> {
    return this.deciding.run(path, async () => {
      if (await this.staging.stat(path)) return this.staging.removeUntouched(path, sinceMs);
      const found = await this.stat(path);
      return found !== undefined && !found.isFolder && found.changedAtMs <= sinceMs && this.remove(path);
    });
  }

  async remove(path: string): Promise<boolean> {
    const found = await this.stat(path);
    if (!found) return false;
    await this.staging.remove(path);
    if (!found.isFolder) await this.removeObject(path);
    else for (const root of [path, `${touched}/${path}`]) await this.removeBelow(root);
    const parent = partsOf(path).slice(0, -1).join('/');
    if (parent !== '') await this.bucket.putObject(this.key(`${parent}/${folderMark}`), '', 'text/plain');
    return true;
  }

  /** A server may answer with more than it was asked for (RFC 9110, 14.2). */
  private async *bytes(path: string, first: number, last: number): AsyncGenerator<Buffer> {
    const response = await this.bucket.getObjectRaw(this.key(path), false, first, last + 1);
    let at = response.status === 206 ? first : 0;
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      const wanted = Buffer.from(piece.buffer, piece.byteOffset, piece.length).subarray(
        Math.max(0, first - at),
        Math.max(0, last + 1 - at),
      );
      at += piece.length;
      if (wanted.length > 0) yield wanted;
    }
  }

  private async upload(from: string, to: string, sizeBytes: number): Promise<void> {
    const key = this.key(to);
    const length = Math.max(partBytes, Math.ceil(sizeBytes / mostParts));
    if (sizeBytes <= length) {
      await this.bucket.putObject(key, await this.stagedBytes(from, 0, sizeBytes), 'application/octet-stream');
      return;
    }
    const upload = await this.bucket.getMultipartUploadId(key, 'application/octet-stream');
    try {
      const parts = [];
      for (let at = 0; at < sizeBytes; at += length) {
        const bytes = await this.stagedBytes(from, at, Math.min(length, sizeBytes - at));
        parts.push(await this.bucket.uploadPart(key, upload, bytes, parts.length + 1));
      }
      await this.bucket.completeMultipartUpload(key, upload, parts);
    } catch (err) {
      await this.bucket.abortMultipartUpload(key, upload).catch(() => undefined); // what failed is told; S3 expires the rest by its rules
      throw err;
    }
  }

  private async stagedBytes(path: string, first: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    if (length > 0)
      await this.staging.send(path, { first, last: first + length - 1 }, async (piece) => {
        filled += piece.copy(bytes, filled);
      });
    return bytes;
  }

  private async readStaged(path: string): Promise<Buffer | undefined> {
    const staged = await this.staging.stat(path);
    return staged && !staged.isFolder ? this.staging.read(path) : undefined;
  }

  /** Of the exact key: among those that begin with it, it is the first. */
  private async object(path: string): Promise<{ Size: number; LastModified: Date } | undefined> {
    const key = this.key(path);
    const [first] = (await this.bucket.listObjects('/', key, 1)) ?? [];
    return first?.Key === key ? first : undefined;
  }

  private async removeObject(path: string): Promise<void> {
    await this.bucket.deleteObject(this.key(path));
    await this.untouch(path);
  }

  private async removeBelow(root: string): Promise<void> {
    const keys = ((await this.bucket.listObjects('/', this.folderKey(root))) ?? []).map(({ Key }) => Key);
    if (keys.length > 0) await this.bucket.deleteObjects(keys);
  }

  private async untouch(path: string): Promise<void> {
    await this.bucket.deleteObject(this.key(`${touched}/${path}`));
  }

  private key(path: string): string {
    return [...(this.prefix === '' ? [] : [this.prefix]), ...partsOf(path)].join('/');
  }

  private folderKey(path: string): string {
    const key = this.key(path);
    return key === '' ? '' : `${key}/`;
  }
}

function isBehindTheEnd(err: unknown): boolean {
  return (err as { status?: number }).status === 416;
}

async function* once(piece: Buffer): AsyncGenerator<Buffer> {
  yield piece;
}
