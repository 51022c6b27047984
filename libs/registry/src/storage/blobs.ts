import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '#base';
import type { BlobDigest } from '../contract.ts';
import { splitDigest } from '../names.ts';
import { commitFile, exists, putFile, removeFile, unlessMissing } from './files.ts';
import type { Layout } from './layout.ts';

/** Bytes by digest, and which repository shows them. */
export class BlobStore {
  constructor(
    private readonly layout: Layout,
    private readonly io: { clock: Clock; random: Random },
  ) {}

  /** Size of a blob that `repository` shows. Touches it, so that garbage collection leaves a blob alone that a client is about to name. */
  async sizeIn(repository: string, digest: BlobDigest): Promise<number | undefined> {
    if (!(await exists(this.layout.layerLink(repository, digest)))) return undefined;
    const size = await this.size(digest);
    if (size !== undefined) await this.touch(digest);
    return size;
  }

  async size(digest: BlobDigest): Promise<number | undefined> {
    return (await unlessMissing(stat(this.layout.blob(digest))))?.size;
  }

  path(digest: BlobDigest): string {
    return this.layout.blob(digest);
  }

  read(digest: BlobDigest): Promise<Buffer | undefined> {
    return unlessMissing(readFile(this.layout.blob(digest)));
  }

  /** Shows a blob that is stored already in one more repository. */
  async link(repository: string, digest: BlobDigest): Promise<void> {
    await this.touch(digest);
    await putFile(this.layout.layerLink(repository, digest), '');
  }

  /** True when the repository showed it. The bytes go with the next garbage collection. */
  unlink(repository: string, digest: BlobDigest): Promise<boolean> {
    return removeFile(this.layout.layerLink(repository, digest));
  }

  /** Takes over a synced file whose digest has been proven. One that is there already is kept: it is in use. */
  async adopt(file: string, digest: BlobDigest): Promise<void> {
    if (await exists(this.layout.blob(digest))) {
      await this.touch(digest);
      await rm(file, { force: true });
      return;
    }
    await commitFile(file, this.layout.blob(digest));
  }

  /** Small content that is in memory anyway, such as a manifest. */
  async put(bytes: Buffer, digest: BlobDigest): Promise<void> {
    await mkdir(this.layout.uploads, { recursive: true });
    const temporary = join(this.layout.uploads, `${this.io.random.uuid()}.manifest`);
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.adopt(temporary, digest);
  }

  private async touch(digest: BlobDigest): Promise<void> {
    const now = this.io.clock.now();
    await unlessMissing(utimes(this.layout.blob(digest), now, now));
  }
}

export function digestWith(algorithm: 'sha256' | 'sha512', bytes: Uint8Array): BlobDigest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function matches(bytes: Uint8Array, digest: BlobDigest): boolean {
  return digestWith(splitDigest(digest).algorithm, bytes) === digest;
}
