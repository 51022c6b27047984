import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Digest, isDigest, type Random } from '#base';
import { RuntimeError } from '../contract.ts';

/** OCI image-spec, descriptor.md: what is expected of a blob before it may be kept. `sizeBytes` unknown: only the digest is checked. */
export interface ExpectedBlob {
  digest: Digest;
  sizeBytes?: number;
}

/**
 * Bytes by digest: `<root>/blobs/sha256/<hex>`. What is in there has been verified on its way in and is on disk; what is on its way in
 * lies in `<root>/ingest` and is forgotten when the process starts again.
 */
export class ContentStore {
  constructor(
    private readonly root: string,
    private readonly random: Random,
  ) {}

  /** Makes the directories and clears what a crash left half-way. */
  async open(): Promise<void> {
    await rm(this.ingest, { recursive: true, force: true });
    await mkdir(this.ingest, { recursive: true, mode: 0o700 });
    await mkdir(join(this.root, 'blobs/sha256'), { recursive: true, mode: 0o700 });
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

  /** Fails while it is read when the blob is not here. */
  stream(digest: Digest): AsyncIterable<Buffer> {
    return createReadStream(this.path(digest), { highWaterMark: 256 * 1024 });
  }

  /** Starts to take in a blob. Nothing is visible before `commit`; `abort` is safe at any time and after it. */
  async writer(expected?: ExpectedBlob): Promise<BlobWriter> {
    const path = join(this.ingest, this.random.uuid());
    return new BlobWriter(this, await open(path, 'wx', 0o600), path, expected);
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

/** One blob on its way in: hashed while it is written. */
export class BlobWriter {
  private readonly hash: Hash = createHash('sha256');
  private open = true;
  sizeBytes = 0;

  constructor(
    private readonly store: ContentStore,
    private readonly file: FileHandle,
    private readonly path: string,
    private readonly expected: ExpectedBlob | undefined,
  ) {}

  /** Chunks one after the other. Throws 'bad-image' as soon as there are more than were expected, so that no disk is filled by them. */
  async write(chunk: Buffer): Promise<void> {
    const limit = this.expected?.sizeBytes;
    if (limit !== undefined && this.sizeBytes + chunk.length > limit) {
      throw new RuntimeError('bad-image', `blob ${this.expected?.digest} is longer than the ${limit} bytes that its descriptor says`);
    }
    const written = writeAll(this.file, chunk, this.sizeBytes);
    this.hash.update(chunk); // while the write is in the thread pool
    this.sizeBytes += chunk.length;
    await written;
  }

  /** Verifies, makes durable and shows the blob. Throws 'bad-image' when size or digest differ. */
  async commit(): Promise<{ digest: Digest; sizeBytes: number }> {
    const digest: Digest = `sha256:${this.hash.digest('hex')}`;
    const { expected, sizeBytes } = this;
    if (expected?.sizeBytes !== undefined && expected.sizeBytes !== sizeBytes) {
      throw new RuntimeError('bad-image', `blob ${expected.digest} has ${sizeBytes} bytes, its descriptor says ${expected.sizeBytes}`);
    }
    if (expected && expected.digest !== digest) {
      throw new RuntimeError('bad-image', `blob ${expected.digest} has other content: its digest is ${digest}`);
    }
    await this.file.datasync();
    await this.close();
    await rename(this.path, this.store.path(digest));
    await syncDirectory(dirname(this.store.path(digest)));
    return { digest, sizeBytes };
  }

  /** Forgets what has not been committed; else does nothing. */
  async abort(): Promise<void> {
    if (!this.open) return;
    await this.close();
    await rm(this.path, { force: true });
  }

  private async close(): Promise<void> {
    this.open = false;
    await this.file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}

/** Makes names in a directory durable: a rename is on disk only when the directory is. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
