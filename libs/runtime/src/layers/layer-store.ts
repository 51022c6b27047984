import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, isDigest, type Random, removeTree, systemReason, writeFileAtomic } from '#base';
import type { SyncJournal } from '../content/sync-journal.ts';
import { RuntimeError } from '../contract.ts';
import { diffArchive } from './diff-archive.ts';
import type { LinkBelow } from './layer-tree.ts';
import { bad } from './tar-header.ts';
import { plainDigest, unpackInto } from './unpack-into.ts';
import { defaultLimits, type ImageBudget, type UnpackLimits, UnpackMeter } from './unpack-limits.ts';

export interface LayerDescription {
  /** Of the archive, not packed. */
  sizeBytes: number;
  /** Built here: the archive can be written again from the files, byte for byte, all times being this. No blob need be kept of it. */
  archive?: { timestampSeconds: number };
  /** Absent in layers of before they were counted. */
  entries?: number;
  /** Packed forms that have been seen to unpack to it: a manifest that names another is not believed. Absent: none yet. */
  blobs?: Digest[];
  /** Directories that have files in them but no entry of their own. */
  implied: string[];
  /** Name of the layer in `<root>/l`, drawn at random: one that followed from the digest could be met by another layer on purpose. */
  link: string;
  /** Hides every layer below: overlayfs does not look at the attribute on the root of a layer. */
  opaqueRoot: boolean;
  /** Hard links to files of layers below; `snapshots/links-below.ts` makes them. Absent: none. */
  links?: LinkBelow[];
}

/** What is known of the bytes that a layer is unpacked from. */
export interface PackedLayer {
  /** The digest that they have been, or will be, proven to have before the layer is used. */
  blob?: Digest;
  /** Of the image that they are unpacked for. */
  budget?: ImageBudget;
}

/** How the directories of hard links to other layers are called. */
export const madeForLinks = 'links-';

/**
 * Unpacked layers, each once:
 *
 *   <root>/<hex of the diffID>/diff        the files, in overlayfs's form
 *   <root>/<hex of the diffID>/layer.json  LayerDescription
 *   <root>/<hex of the diffID>/links-<key> its hard links to files of other layers, where it lies on those that `key` stands for
 *   <root>/l/<short>                       link to ../<hex>/diff, or to links-<key>: mount options are bounded to a page
 *   <root>/unpacking/                      what is on its way; cleared at start
 */
export class LayerStore {
  /** How many calls are at a layer. */
  private readonly unpacking = new Map<Digest, number>();
  /** What layer.json says, once read: a layer does not change, and every container's start asks for each of its image's. */
  private readonly described = new Map<Digest, LayerDescription>();

  constructor(
    readonly root: string,
    private readonly random: Random,
    private readonly journal: SyncJournal,
    readonly limits: UnpackLimits = defaultLimits,
  ) {}

  /** Before any other call. Clears what a crash left half-way; so one process at a time has a store. */
  async open(): Promise<void> {
    await removeTree(join(this.root, 'unpacking'));
    await mkdir(join(this.root, 'unpacking'), { recursive: true, mode: 0o700 });
    await mkdir(join(this.root, 'l'), { recursive: true, mode: 0o700 });
    // Of layers that were about to be shown, or had just been removed.
    for (const name of await readdir(join(this.root, 'l'))) {
      if (!existsSync(join(this.root, 'l', name))) await rm(join(this.root, 'l', name));
    }
  }

  async has(diffId: Digest): Promise<boolean> {
    return (await this.describe(diffId)) !== undefined;
  }

  /** Where its files are, or would be. */
  diff(diffId: Digest): string {
    return join(this.root, hexOf(diffId), 'diff');
  }

  /** undefined: the layer is not unpacked here. The answer is shared: nobody may change it. */
  async describe(diffId: Digest): Promise<LayerDescription | undefined> {
    const known = this.described.get(diffId);
    if (known) return known;
    try {
      const description = JSON.parse(await readFile(join(this.root, hexOf(diffId), 'layer.json'), 'utf8')) as LayerDescription;
      this.described.set(diffId, description);
      return description;
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw err;
    }
  }

  /**
   * Unpacks a layer as its (packed) bytes come in, and shows it once its diffID has been proven. Calls for one layer do not wait for
   * one another: a registry that is slow or lies must not hold up or fail who has the layer from another one. The first that is done
   * counts. Throws 'bad-image' or 'disk-full'; then nothing of this call is left.
   */
  async unpack(diffId: Digest, source: AsyncIterable<Buffer>, from: PackedLayer = {}): Promise<void> {
    this.unpacking.set(diffId, (this.unpacking.get(diffId) ?? 0) + 1);
    try {
      await this.unpackOnce(diffId, source, from);
    } finally {
      const others = this.unpacking.get(diffId)! - 1;
      if (others > 0) this.unpacking.set(diffId, others);
      else this.unpacking.delete(diffId);
    }
  }

  /**
   * Takes over the directory of a layer that was built, settled as its archive would be unpacked. It has to be on the same file system.
   * Throws 'disk-full'.
   */
  async adopt(diffId: Digest, upper: string, built: { timestampSeconds: number; sizeBytes: number; entries: number }): Promise<void> {
    const { timestampSeconds, sizeBytes, entries } = built;
    const present = await this.describe(diffId);
    if (present) return this.noteArchive(diffId, present, { timestampSeconds });
    const directory = await this.workDirectory();
    try {
      const link = this.random.bytes(6).toString('base64url');
      const described: LayerDescription = { sizeBytes, entries, implied: [], link, opaqueRoot: false, archive: { timestampSeconds } };
      await writeFile(join(directory, 'layer.json'), JSON.stringify(described));
      await rename(upper, join(directory, 'diff'));
      await this.commit(directory, diffId, link);
    } catch (err) {
      await removeTree(directory);
      throw asRuntimeError(err);
    }
  }

  /** Unpacked here before, of the very archive that has been built now: what was unpacked from it can be written as it again. */
  private async noteArchive(diffId: Digest, present: LayerDescription, archive: { timestampSeconds: number }): Promise<void> {
    if (present.archive) return;
    present.archive = archive;
    await writeFileAtomic(join(this.root, hexOf(diffId), 'layer.json'), JSON.stringify(present));
  }

  /** The archive of a layer that was built here; undefined for others. */
  async archiveOf(diffId: Digest): Promise<{ sizeBytes: number; read: () => AsyncIterable<Buffer> } | undefined> {
    const description = await this.describe(diffId);
    if (!description?.archive) return undefined;
    const { archive, sizeBytes } = description;
    return { sizeBytes, read: () => diffArchive(this.diff(diffId), archive) };
  }

  /** A packed form of the layer has been made. */
  async notePacked(diffId: Digest, blob: Digest): Promise<void> {
    const description = await this.describe(diffId);
    if (!description || description.blobs?.includes(blob)) return;
    description.blobs = [...(description.blobs ?? []), blob];
    await writeFileAtomic(join(this.root, hexOf(diffId), 'layer.json'), JSON.stringify(description));
  }

  /** Sees to it that a blob is the layer that a config takes it for, also when both are here already. Throws 'bad-image'. */
  async prove(diffId: Digest, blob: Digest, source: () => AsyncIterable<Buffer>): Promise<void> {
    const description = await this.describe(diffId);
    if (!description || description.blobs?.includes(blob)) return;
    const digest = await plainDigest(source(), new UnpackMeter(this.limits));
    if (digest !== diffId) throw wrongDiffId(digest, diffId);
    await this.notePacked(diffId, blob);
  }

  /** When it was shown, by the clock of the file system. */
  async changedMs(diffId: Digest): Promise<number> {
    return (await stat(join(this.root, hexOf(diffId)))).ctimeMs;
  }

  /** Whether its files can be shown to be what they were, which only a layer that was built here can. */
  async isWhole(diffId: Digest): Promise<boolean> {
    try {
      const archive = await this.archiveOf(diffId);
      return archive !== undefined && (await plainDigest(archive.read(), new UnpackMeter(this.limits))) === diffId;
    } catch {
      return false; // its description, or a file of it, cannot be read
    }
  }

  /** Garbage collection leaves such a layer alone: it may be shown at any moment. */
  isUnpacking(diffId: Digest): boolean {
    return this.unpacking.has(diffId);
  }

  /** For making what belongs to a layer; the caller removes it. A crash leaves it to `open`. */
  async workDirectory(): Promise<string> {
    const directory = join(this.root, 'unpacking', this.random.uuid());
    await mkdir(directory, { mode: 0o700 });
    return directory;
  }

  async list(): Promise<Digest[]> {
    return (await readdir(this.root)).map((hex) => `sha256:${hex}`).filter(isDigest);
  }

  /** For layers that nothing is mounted on: overlayfs does not say what happens to a mount whose layers change under it. */
  async remove(diffId: Digest): Promise<void> {
    // Renamed first: a crash in the middle of deleting must not leave half a layer that looks whole.
    const doomed = join(this.root, 'unpacking', this.random.uuid());
    this.described.delete(diffId);
    await this.removeNames(diffId);
    await rename(join(this.root, hexOf(diffId)), doomed);
    await removeTree(doomed);
  }

  /** Of the layer in `l`, and of what has been made for it there. */
  private async removeNames(diffId: Digest): Promise<void> {
    for (const name of await readdir(join(this.root, 'l'))) {
      const at = join(this.root, 'l', name);
      const target = await readlink(at).catch(() => ''); // a directory that holds nothing
      if (target.startsWith(`../${hexOf(diffId)}/`)) await rm(at);
    }
  }

  private async unpackOnce(diffId: Digest, source: AsyncIterable<Buffer>, { blob, budget }: PackedLayer): Promise<void> {
    if (await this.has(diffId)) return;
    const directory = join(this.root, 'unpacking', this.random.uuid());
    await mkdir(join(directory, 'diff'), { recursive: true, mode: 0o755 });
    try {
      const link = this.random.bytes(6).toString('base64url');
      const meter = new UnpackMeter(this.limits, budget);
      const extracted = await this.extract(join(directory, 'diff'), source, { diffId, meter });
      const described: LayerDescription = { link, ...extracted, ...(blob && { blobs: [blob] }) };
      await writeFile(join(directory, 'layer.json'), JSON.stringify(described));
      await this.commit(directory, diffId, link);
    } catch (err) {
      await removeTree(directory);
      throw asRuntimeError(err);
    }
  }

  private async extract(
    directory: string,
    source: AsyncIterable<Buffer>,
    { diffId, meter }: { diffId: Digest; meter: UnpackMeter },
  ): Promise<Omit<LayerDescription, 'link'>> {
    const { digest, sizeBytes, entries, tree } = await unpackInto(directory, source, meter);
    if (digest !== diffId) throw wrongDiffId(digest, diffId);
    const links = tree.links();
    return { sizeBytes, entries, implied: tree.implied(), opaqueRoot: tree.root.opaque, ...(links.length > 0 && { links }) };
  }

  private async commit(directory: string, diffId: Digest, link: string): Promise<void> {
    await this.journal.beforeChange();
    // The link first: a layer that is shown can be mounted.
    await symlink(join('..', hexOf(diffId), 'diff'), join(this.root, 'l', link));
    try {
      await rename(directory, join(this.root, hexOf(diffId)));
    } catch (err) {
      await rm(join(this.root, 'l', link));
      if (!['EEXIST', 'ENOTEMPTY'].includes((err as NodeJS.ErrnoException).code ?? '')) throw err;
      await rm(directory, { recursive: true }); // another call was first, with the same content
      return;
    }
  }
}

function wrongDiffId(digest: Digest, diffId: Digest): RuntimeError {
  return bad(`its diffID is ${digest}, the image's config says ${diffId}`);
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** Faults of the disk under their own names; what else the file system refuses, the archive is to blame for. */
export function asRuntimeError(err: unknown): unknown {
  if (err instanceof RuntimeError) return err;
  const { code } = err as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new RuntimeError('disk-full', 'no space left on device', { cause: err });
  if (code === 'ENAMETOOLONG' || code === 'EEXIST' || code === 'ELOOP' || code === 'EMLINK') {
    return new RuntimeError('bad-image', `invalid layer archive: ${systemReason(err)}`, { cause: err });
  }
  return err;
}
