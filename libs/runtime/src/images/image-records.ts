import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, isDigest, writeFileAtomic } from '#base';
import { digestName, type ImageReference, nameOf, parseReference } from '../registry-client/reference.ts';

/** What is known of an image beside its blobs. */
export interface ImageRecord {
  /** Digest of the config. */
  id: Digest;
  /** Digest of the manifest of this platform, in the content store. */
  manifest: Digest;
  manifestType: string;
  /** Digest of the index that its names stand for, when it was built for several platforms. */
  index?: Digest;
  names: string[];
  repoDigests: string[];
  /** It was pulled without showing a password: other nodes may have its layers. Absent: it was not, or was built here. */
  isPublic?: boolean;
  /** Somebody has made or fetched it by hand: it stays until somebody removes it, with a name or without. */
  pinned?: boolean;
}

/** The images of one store, in one small file that is replaced as a whole. */
export class ImageRecords {
  private records = new Map<Digest, ImageRecord>();
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly root: string) {}

  /** Reads what is kept. There is nothing to clear: the file is replaced as a whole. */
  async open(): Promise<void> {
    try {
      const stored = JSON.parse(await readFile(this.file, 'utf8')) as ImageRecord[];
      this.records = new Map(stored.map((record) => [record.id, record]));
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
    }
  }

  list(): ImageRecord[] {
    return [...this.records.values()];
  }

  /** By id (with or without `sha256:`), or by reference. Throws 'invalid-image-name'. */
  find(reference: string): ImageRecord | undefined {
    const id = reference.startsWith('sha256:') ? reference : `sha256:${reference}`;
    if (isDigest(id)) return this.records.get(id);
    return this.findReference(parseReference(reference));
  }

  /** By its digest when it has one, and then only images that were pulled or pushed under that; else by name and tag. */
  findReference(reference: ImageReference): ImageRecord | undefined {
    const name = nameOf(reference);
    const { digest } = reference;
    const wanted = digest && digestName(reference, digest);
    return this.list().find((record) => (wanted ? record.repoDigests.includes(wanted) : record.names.includes(name)));
  }

  /** Adds what is said of an image; a name moves here from whatever image had it. */
  async put(record: ImageRecord): Promise<ImageRecord> {
    const known = this.records.get(record.id);
    for (const other of this.records.values()) other.names = other.names.filter((name) => !record.names.includes(name));
    const merged = {
      ...record,
      names: unique([...(known?.names ?? []), ...record.names]),
      repoDigests: unique([...(known?.repoDigests ?? []), ...record.repoDigests]),
      ...((known?.isPublic || record.isPublic) && { isPublic: true }),
      ...((record.pinned ?? known?.pinned) && { pinned: true }),
    };
    this.records.set(record.id, merged);
    await this.save();
    return merged;
  }

  /** Removes one name, or with an id the whole record. The last name takes the record along, unless it is pinned. True when there was something to remove. */
  async remove(reference: string): Promise<boolean> {
    const record = this.find(reference);
    if (!record) return false;
    if (!isDigest(reference) && !isDigest(`sha256:${reference}`)) this.forget(record, parseReference(reference));
    else this.records.delete(record.id);
    await this.save();
    return true;
  }

  /** Forgets images that nobody can name any more, builds whose tags have moved on, unless they are pinned. */
  async prune(): Promise<void> {
    const nameless = this.list().filter(({ names, repoDigests, pinned }) => names.length === 0 && repoDigests.length === 0 && !pinned);
    for (const { id } of nameless) this.records.delete(id);
    if (nameless.length > 0) await this.save();
  }

  private forget(record: ImageRecord, reference: ImageReference): void {
    const { digest } = reference;
    if (digest) record.repoDigests = record.repoDigests.filter((name) => name !== digestName(reference, digest));
    else record.names = record.names.filter((name) => name !== nameOf(reference));
    const isLast = record.names.length === 0 && (!digest || record.repoDigests.length === 0);
    if (isLast && !record.pinned) this.records.delete(record.id);
  }

  /** One write after the other, each with the newest state. */
  private save(): Promise<void> {
    this.writing = this.writing
      .catch(() => undefined) // its own caller has been told
      .then(() => writeFileAtomic(this.file, JSON.stringify(this.list(), undefined, 1)));
    return this.writing;
  }

  private get file(): string {
    return join(this.root, 'images.json');
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
