import { posix } from 'node:path';
import type { Digest } from '#base';
import type { BlobWriter } from '../content/content-store.ts';
import { RuntimeError } from '../contract.ts';
import { unpackAny } from '../layers/any-archive.ts';
import { asRuntimeError } from '../layers/layer-store.ts';
import type { TarEntry } from '../layers/tar-header.ts';
import { TarReader, type TarSink } from '../layers/tar-reader.ts';
import type { ImageStore } from './image-store.ts';

/** No image has so many blobs; who sends more wants our memory. */
const mostFiles = 10_000;
const mostLinks = 10;

export const badArchive = (reason: string): RuntimeError => new RuntimeError('bad-image', `invalid archive: ${reason}`);

export interface ArchivedFile {
  digest: Digest;
  sizeBytes: number;
}

/**
 * The files of an archive, by their paths in it: each goes to the content store as it comes, named by its digest, since what it is may stand
 * at the archive's end. They are held there until `release`, which takes away again what nobody has come to use.
 */
export class ArchiveFiles implements TarSink {
  private readonly files = new Map<string, ArchivedFile>();
  /** Docker links layers that several images have. */
  private readonly links = new Map<string, string>();
  private readonly releases: (() => void)[] = [];
  /** That were not here before. */
  private readonly added = new Set<Digest>();
  private current: { path: string; writer: BlobWriter } | undefined;

  constructor(private readonly store: ImageStore) {}

  async read(archive: AsyncIterable<Buffer>): Promise<void> {
    const reader = new TarReader(this);
    try {
      for await (const chunk of unpackAny(archive)) await reader.write(chunk);
      reader.end();
    } catch (err) {
      throw inArchiveWords(asRuntimeError(err));
    } finally {
      await this.current?.writer.abort();
    }
  }

  find(path: string): ArchivedFile | undefined {
    let at = posix.normalize(path);
    for (let followed = 0; followed <= mostLinks; followed++) {
      const target = this.links.get(at);
      if (target === undefined) return this.files.get(at);
      at = target;
    }
    throw badArchive(`${path} goes through too many links`);
  }

  /** Throws 'bad-image' when it is not there. */
  must(path: string): ArchivedFile {
    const file = this.find(path);
    if (!file) throw badArchive(`it has no ${path}`);
    return file;
  }

  async entry(entry: TarEntry): Promise<void> {
    const path = posix.normalize(entry.path).replace(/\/$/, '');
    if (path.startsWith('/') || path === '..' || path.startsWith('../')) throw badArchive(`path '${entry.path}' leads out of it`);
    if (this.files.size + this.links.size >= mostFiles) throw badArchive(`it has more than ${mostFiles} files`);
    switch (entry.type) {
      case 'file': {
        const limit = this.store.layers.limits.unpackedBytes;
        if (entry.sizeBytes > limit) throw badArchive(`${path} is larger than the ${limit} bytes that a layer may have`);
        this.current = { path, writer: await this.store.content.writer() };
        return;
      }
      case 'symlink':
        this.links.set(path, posix.join(posix.dirname(path), entry.linkPath));
        return;
      case 'hardlink':
        this.links.set(path, posix.normalize(entry.linkPath));
        return;
      case 'directory':
        return;
      default:
        throw badArchive(`${path} is neither a file nor a link`);
    }
  }

  async data(chunk: Buffer): Promise<void> {
    await this.current?.writer.write(chunk);
  }

  hole(): void {
    throw badArchive('a blob of it is a sparse file');
  }

  async entryEnd(): Promise<void> {
    if (!this.current) return;
    const { path, writer } = this.current;
    this.files.set(path, await this.keep(writer));
    this.current = undefined;
  }

  /** What is made of the archive, held as what is in it. */
  async put(bytes: Buffer): Promise<Digest> {
    const writer = await this.store.content.writer();
    try {
      await writer.write(bytes);
      return (await this.keep(writer)).digest;
    } finally {
      await writer.abort();
    }
  }

  private async keep(writer: BlobWriter): Promise<ArchivedFile> {
    const { digest, sizeBytes, isNew } = await writer.commit();
    if (isNew) this.added.add(digest);
    this.releases.push(await this.store.leases.take([digest]));
    return { digest, sizeBytes };
  }

  /** `used`: blobs of the images that were made of it. */
  async release(used: ReadonlySet<Digest>): Promise<void> {
    for (const release of this.releases) release();
    for (const digest of this.added) if (!used.has(digest) && !this.store.leases.holds(digest)) await this.store.content.remove(digest);
  }
}

/** The reader's words are of layers. */
function inArchiveWords(err: unknown): unknown {
  if (!(err instanceof RuntimeError) || err.code !== 'bad-image') return err;
  return new RuntimeError('bad-image', err.message.replace('invalid layer archive', 'invalid archive'), { cause: err });
}
