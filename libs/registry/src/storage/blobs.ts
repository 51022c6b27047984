import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock, Random } from '#base';
import type { BlobDigest } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { splitDigest } from '../names.ts';
import { layout } from './layout.ts';
import type { Quotas } from './quotas.ts';

/** What a blob can be served from. */
export interface BlobSource {
  sizeBytes: number;
  /** As `StorageDriver.placeOf` says, of what is there whole. */
  place?: string | undefined;
  /** As `StorageDriver.send`. */
  send(range: { first: number; last: number }, take: (piece: Buffer) => Promise<void>): Promise<void>;
}

/** Bytes by digest, and which repository shows them. */
export class BlobStore {
  constructor(
    private readonly driver: StorageDriver,
    private readonly io: { clock: Clock; random: Random },
    private readonly quotas: Quotas,
  ) {}

  /** Size of a blob that `repository` shows. Touches it, so that garbage collection leaves a blob alone that a client is about to name. */
  async sizeIn(repository: string, digest: BlobDigest): Promise<number | undefined> {
    if (!(await this.driver.stat(layout.layerLink(repository, digest)))) return undefined;
    // In this order: what is still here after it was touched stays.
    await this.touch(digest);
    return (await this.driver.stat(layout.blob(digest)))?.sizeBytes;
  }

  /** The whole blob in memory, whichever repositories show it: for manifests. */
  read(digest: BlobDigest): Promise<Buffer | undefined> {
    return this.driver.read(layout.blob(digest));
  }

  /** As `StorageDriver.send` does. */
  send(digest: BlobDigest, range: { first: number; last: number }, take: (piece: Buffer) => Promise<void>): Promise<void> {
    return this.driver.send(layout.blob(digest), range, take);
  }

  /** What a blob that is here can be served from. */
  source(digest: BlobDigest, sizeBytes: number): BlobSource {
    return { sizeBytes, place: this.driver.placeOf?.(layout.blob(digest)), send: (range, take) => this.send(digest, range, take) };
  }

  /** Shows a blob that is stored already in one more repository. */
  async link(repository: string, digest: BlobDigest): Promise<void> {
    await this.touch(digest);
    const link = layout.layerLink(repository, digest);
    await this.quotas.within(repository, link, () => this.driver.put(link, ''));
  }

  /** True when the repository showed it. The bytes go with the next garbage collection. */
  unlink(repository: string, digest: BlobDigest): Promise<boolean> {
    return this.driver.remove(layout.layerLink(repository, digest));
  }

  /** Takes over a file whose digest has been proven. A blob that is there already is kept: it is in use. */
  async adopt(file: string, digest: BlobDigest): Promise<void> {
    const isHere = (await this.touch(digest)) && (await this.driver.stat(layout.blob(digest)));
    if (!isHere) return this.driver.commit(file, layout.blob(digest));
    await this.driver.remove(file);
  }

  /** Small content that is in memory anyway, such as a manifest. */
  async put(bytes: Buffer, digest: BlobDigest): Promise<void> {
    const temporary = `${layout.uploads}/${this.io.random.uuid()}.manifest`;
    await this.driver.append(temporary, Readable.from([bytes]));
    await this.adopt(temporary, digest);
  }

  /** Of a file of the store that somebody uses. */
  touchFile(path: string): Promise<boolean> {
    return this.driver.touch(path, this.io.clock.now());
  }

  private touch(digest: BlobDigest): Promise<boolean> {
    return this.touchFile(layout.blob(digest));
  }
}

/** Of what is in memory. */
export function digestWith(algorithm: 'sha256' | 'sha512', bytes: Uint8Array): BlobDigest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** Whether the bytes have this digest, by its own algorithm. */
export function matches(bytes: Uint8Array, digest: BlobDigest): boolean {
  return digestWith(splitDigest(digest).algorithm, bytes) === digest;
}
