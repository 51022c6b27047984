import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, isDigest, type Random } from '#base';
import { RuntimeError } from '../contract.ts';
import type { SyncJournal } from './sync-journal.ts';
import { WriteBehind } from './write-behind.ts';

/** OCI image-spec, descriptor.md: what is expected of a blob before it may be kept. `sizeBytes` unknown: only the digest is checked. */
export interface ExpectedBlob {
  digest: Digest;
  sizeBytes?: number;
}

/** What a transfer that broke off has left is worth keeping for so long: pulls are repeated soon, or never. */
const leftoverMs = 24 * 3600 * 1000;

/**
 * Bytes by digest: `<root>/blobs/sha256/<hex>`. What is in there has been verified on its way in; what is on its way in
 * lies in `<root>/ingest`: `<hex>` for a blob that is fetched, so that the next attempt goes on where this one broke off, also in another
 * process.
 */
export class ContentStore {
  /** Of `ingest`, by blobs that are being fetched. */
  private readonly fetching = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly random: Random,
    readonly journal: SyncJournal,
  ) {}

  /** Makes the directories and clears what a crash left half-way, but for young blobs that can be fetched on. */
  async open(now: Date): Promise<void> {
    await mkdir(this.ingest, { recursive: true, mode: 0o700 });
    await mkdir(join(this.root, 'blobs/sha256'), { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.ingest)) {
      const path = join(this.ingest, name);
      const isLeftover = isDigest(`sha256:${name}`) && now.getTime() - (await stat(path)).mtimeMs < leftoverMs;
      if (!isLeftover) await rm(path, { recursive: true, force: true });
    }
  }

  /** What interrupted transfers have left, and nobody fetches on now. Answers how many bytes that were. */
  async removeLeftovers(): Promise<number> {
    let removedBytes = 0;
    for (const name of await readdir(this.ingest)) {
      if (!isDigest(`sha256:${name}`) || this.fetching.has(name)) continue;
      removedBytes += (await stat(join(this.ingest, name))).size;
      await rm(join(this.ingest, name), { force: true });
    }
    return removedBytes;
  }

  /** Where the blob is, or would be. */
  path(digest: Digest): string {
    return join(this.root, 'blobs/sha256', digest.slice('sha256:'.length));
  }

  /** undefined: it is not here. */
  async size(digest: Digest): Promise<number | undefined> {
    try {
      return (await stat(this.path(digest))).size;
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw err;
    }
  }

  /** When it came, by the clock of the file system. */
  async changedMs(digest: Digest): Promise<number> {
    return (await stat(this.path(digest))).ctimeMs;
  }

  /** Reads all of it. */
  async isWhole(digest: Digest): Promise<boolean> {
    const hash = createHash('sha256');
    for await (const chunk of this.stream(digest)) hash.update(chunk);
    return digest === `sha256:${hash.digest('hex')}`;
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.size(digest)) !== undefined;
  }

  /** For manifests and configs. Throws 'bad-image' when it is not here. */
  async read(digest: Digest): Promise<Buffer> {
    try {
      return await readFile(this.path(digest));
    } catch (err) {
      throw new RuntimeError('bad-image', `blob ${digest} is missing from the content store`, { cause: err });
    }
  }

  /** From an offset on. Fails while it is read when the blob is not here. */
  async *stream(digest: Digest, start = 0): AsyncGenerator<Buffer> {
    // Opened when somebody reads: a stream that fails before that has nobody to tell.
    yield* createReadStream(this.path(digest), { highWaterMark: 256 * 1024, start }) as AsyncIterable<Buffer>;
  }

  /** Starts to take in a blob. Nothing is visible before `commit`; `abort` is safe at any time and after it. */
  async writer(expected?: ExpectedBlob): Promise<BlobWriter> {
    const path = join(this.ingest, this.random.uuid());
    return new BlobWriter(this, { file: await open(path, 'wx', 0o600), path }, expected);
  }

  /**
   * As `writer`, going on with what an earlier transfer has left: `resume` has to be read to its end before anything else is written.
   * Of two transfers at once the second begins anew.
   */
  async fetcher(expected: Required<ExpectedBlob>): Promise<BlobWriter> {
    const name = expected.digest.slice('sha256:'.length);
    if (this.fetching.has(name)) return this.writer(expected);
    this.fetching.add(name);
    const release = (): void => void this.fetching.delete(name);
    try {
      const path = join(this.ingest, name);
      const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
      const { size } = await file.stat();
      if (size > expected.sizeBytes) await file.truncate(0); // of another descriptor, which was wrong
      return new BlobWriter(this, { file, path }, expected, { keptBytes: size > expected.sizeBytes ? 0 : size, release });
    } catch (err) {
      release();
      throw err;
    }
  }

  /** Idempotent. Throws 'bad-image' when the bytes are not what was expected. */
  async put(bytes: Uint8Array, expected?: ExpectedBlob): Promise<Digest> {
    const writer = await this.writer(expected);
    try {
      await writer.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return (await writer.commit()).digest;
    } finally {
      await writer.abort();
    }
  }

  /** In no order. */
  async list(): Promise<Digest[]> {
    return (await readdir(join(this.root, 'blobs/sha256'))).map((hex) => `sha256:${hex}`).filter(isDigest);
  }

  /** Answers how many bytes it had; 0 when it was not here. Whether somebody needs it is the caller's to know. */
  async remove(digest: Digest): Promise<number> {
    const size = (await this.size(digest)) ?? 0;
    await rm(this.path(digest), { force: true });
    return size;
  }

  private get ingest(): string {
    return join(this.root, 'ingest');
  }
}

const readBytes = 256 * 1024;

/** One blob on its way in: hashed while it is written. */
export class BlobWriter {
  private readonly hash: Hash = createHash('sha256');
  private open = true;
  private behind: WriteBehind | undefined;
  sizeBytes = 0;

  /** `kept`: of a blob whose beginning is in the file already. */
  constructor(
    private readonly store: ContentStore,
    private readonly at: { file: FileHandle; path: string },
    private readonly expected: ExpectedBlob | undefined,
    private readonly kept?: { keptBytes: number; release: () => void },
  ) {}

  /** That an earlier transfer has left. */
  get keptBytes(): number {
    return this.kept?.keptBytes ?? 0;
  }

  /** What an earlier transfer has left, for whoever unpacks the blob as it comes. */
  async *resume(): AsyncGenerator<Buffer> {
    while (this.sizeBytes < this.keptBytes) {
      const { bytesRead, buffer } = await this.at.file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, this.sizeBytes);
      if (bytesRead === 0) throw new Error(`${this.at.path} became shorter while it was read`);
      const chunk = buffer.subarray(0, bytesRead);
      this.hash.update(chunk);
      this.sizeBytes += bytesRead;
      yield chunk;
    }
  }

  /** Chunks one after the other, which nobody may change afterwards. Throws 'bad-image' as soon as there are more than were expected, so that no disk is filled by them. */
  async write(chunk: Buffer): Promise<void> {
    const limit = this.expected?.sizeBytes;
    if (limit !== undefined && this.sizeBytes + chunk.length > limit) {
      throw new RuntimeError('bad-image', `blob ${this.expected?.digest} is longer than the ${limit} bytes that its descriptor says`);
    }
    this.behind ??= new WriteBehind(this.at.file, this.sizeBytes);
    this.hash.update(chunk);
    this.sizeBytes += chunk.length;
    await this.behind.write(chunk);
  }

  /** Verifies and shows the blob. `isNew`: it was not here. Throws 'bad-image' when size or digest differ. */
  async commit(): Promise<{ digest: Digest; sizeBytes: number; isNew: boolean }> {
    const digest: Digest = `sha256:${this.hash.digest('hex')}`;
    const { expected, sizeBytes } = this;
    if (expected?.sizeBytes !== undefined && expected.sizeBytes !== sizeBytes) {
      throw new RuntimeError('bad-image', `blob ${expected.digest} has ${sizeBytes} bytes, its descriptor says ${expected.sizeBytes}`);
    }
    if (expected && expected.digest !== digest) {
      throw new RuntimeError('bad-image', `blob ${expected.digest} has other content: its digest is ${digest}`);
    }
    const isNew = !(await this.store.has(digest));
    await this.behind?.drain();
    await this.store.journal.beforeChange();
    await rename(this.at.path, this.store.path(digest));
    await this.close();
    return { digest, sizeBytes, isNew };
  }

  /** Forgets what has not been committed; else does nothing. */
  async abort(): Promise<void> {
    if (!this.open) return;
    await rm(this.at.path, { force: true }); // while the name is still ours
    await this.behind?.drain().catch(() => undefined); // nobody wants it any more
    await this.close();
  }

  /** As `abort`, but what has come is kept for the next attempt, where it can be found again. */
  async suspend(): Promise<void> {
    if (!this.open) return;
    const isWritten =
      (await this.behind?.drain().then(
        () => true,
        () => false,
      )) ?? true;
    if (!this.kept || this.sizeBytes === 0 || !isWritten) return this.abort();
    await this.close();
  }

  private async close(): Promise<void> {
    this.open = false;
    await this.at.file.close();
    this.kept?.release();
  }
}
