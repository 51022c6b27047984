import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, type Random, removeTree } from '#base';
import { RuntimeError } from '../contract.ts';
import type { BuiltLayer, ImageBuilding, LayerHolder } from '../building.contract.ts';
import type { Image, ImageConfig } from '../images.contract.ts';
import { lgetxattr, lsetxattr, unmount } from '../host/index.ts';
import { unpackAny } from '../layers/any-archive.ts';
import { diffArchive, imageXattrs, isUnchanged, settleUpper } from '../layers/diff-archive.ts';
import { gzipBlocks } from '../layers/gzip-blocks.ts';
import { asRuntimeError } from '../layers/layer-store.ts';
import { unpackInto } from '../layers/unpack-into.ts';
import { UnpackMeter } from '../layers/unpack-limits.ts';
import { nameOf, parseReference } from '../registry-client/reference.ts';
import { mountStack } from '../snapshots/overlay-snapshotter.ts';
import { recordOfIndex } from './image-index.ts';
import type { ImageStore } from './image-store.ts';
import { manifestOf, mediaTypes, parseDocument } from './manifest.ts';

/** Makes images of directories, in an image store. `workDir` must be on a file system that can be an overlay's upper. */
export class StoreImageBuilding implements ImageBuilding {
  constructor(
    private readonly store: ImageStore,
    private readonly workDir: string,
    private readonly random: Random,
  ) {}

  holder(): LayerHolder {
    const held: (() => void)[] = [];
    return {
      hold: async (digests) => void held.push(await this.store.leases.take(digests)),
      release: () => held.splice(0).forEach((release) => release()),
    };
  }

  /** With OCI's media types, whichever format the base came in, so that they can stand in a manifest of ours. */
  async layersOf(imageId: Digest): Promise<BuiltLayer[]> {
    const record = this.store.records.find(imageId);
    if (!record) throw new RuntimeError('image-not-found', `No such image: ${imageId}`);
    const document = parseDocument(await this.store.content.read(record.manifest), record.manifestType);
    if (document.kind !== 'image') throw new RuntimeError('bad-image', `${imageId} has no image manifest`);
    const { diffIds } = await this.store.describe(record);
    return document.manifest.layers.map((layer, i) => ({
      diffId: diffIds[i]!,
      descriptor: { ...layer, mediaType: ociType(layer.mediaType) },
    }));
  }

  /** The directory itself becomes the layer, once its archive has been hashed. It is packed when it is pushed, if ever it is. */
  async commitLayer(
    upper: string,
    { holder, ...options }: { timestampSeconds: number; holder?: LayerHolder },
  ): Promise<BuiltLayer | undefined> {
    if (isUnchanged(upper)) return undefined;
    const entries = settleUpper(upper, options);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of diffArchive(upper, options)) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
    const diffId: Digest = `sha256:${hash.digest('hex')}`;
    await holder?.hold([diffId]);
    await this.store.layers.adopt(diffId, upper, { ...options, sizeBytes, entries });
    return { diffId, descriptor: { mediaType: mediaTypes.ociLayer, digest: diffId, size: sizeBytes } };
  }

  /** Kept packed: its bytes are not those that its files would be archived as. */
  async addLayer(archive: AsyncIterable<Buffer>): Promise<BuiltLayer> {
    const { content, layers } = this.store;
    const hash = createHash('sha256');
    const plain = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of unpackAny(archive)) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const writer = await content.writer();
    try {
      for await (const chunk of gzipBlocks(plain())) await writer.write(chunk);
      const { digest, sizeBytes } = await writer.commit();
      const diffId: Digest = `sha256:${hash.digest('hex')}`;
      await layers.unpack(diffId, content.stream(digest), { blob: digest });
      return { diffId, descriptor: { mediaType: mediaTypes.ociLayerGzip, digest, size: sizeBytes } };
    } catch (err) {
      throw asRuntimeError(err);
    } finally {
      await writer.abort();
    }
  }

  async hold(layers: readonly BuiltLayer[]): Promise<() => void> {
    const release = await this.store.leases.take(layers.flatMap(({ diffId, descriptor }) => [diffId, descriptor.digest]));
    for (const layer of layers) {
      if (await this.hasLayer(layer)) continue;
      release();
      throw new RuntimeError('bad-image', `layer ${layer.diffId} was collected as garbage meanwhile`);
    }
    return release;
  }

  /** Both forms: the files to build on, and the blob to push. */
  async hasLayer({ diffId, descriptor }: BuiltLayer): Promise<boolean> {
    return (await this.store.layers.has(diffId)) && (await this.store.blobs.size(descriptor.digest)) !== undefined;
  }

  /**
   * The manifest is made here, with its keys in a fixed order. Until then nothing names the layers, and garbage collection may take them.
   */
  async commitImage(image: {
    config: ImageConfig;
    layers: readonly BuiltLayer[];
    names: readonly string[];
    pinned?: boolean;
  }): Promise<Image> {
    const { content, records } = this.store;
    const names = image.names.map((name) => nameOf(parseReference(name)));
    const config = Buffer.from(JSON.stringify(image.config));
    const id = await content.put(config);
    const manifest = manifestOf({
      config: { mediaType: mediaTypes.ociConfig, digest: id, size: config.length },
      layers: image.layers.map(({ descriptor }) => descriptor),
    });
    const record = {
      id,
      manifest: await content.put(manifest),
      manifestType: mediaTypes.ociManifest,
      names,
      repoDigests: [],
      ...(image.pinned && { pinned: true }),
    };
    return this.store.describe(await records.put(record));
  }

  async commitIndex(images: readonly Image[], names: readonly string[]): Promise<Image> {
    const { content, records } = this.store;
    const found = images.flatMap(({ id }) => records.find(id) ?? []);
    if (found.length !== images.length) throw new RuntimeError('image-not-found', 'an image of the index has been collected as garbage');
    const normalized = names.map((name) => nameOf(parseReference(name)));
    return this.store.describe(await records.put(await recordOfIndex(content, found, normalized)));
  }

  readLayer({ descriptor }: BuiltLayer): Promise<() => AsyncIterable<Buffer>> {
    return this.store.blobs.open(descriptor.digest);
  }

  /** In `workDir`, which is cleared when the images are opened the next time. */
  async newUpper(): Promise<{ path: string; remove: () => Promise<void> }> {
    const directory = join(this.workDir, this.random.uuid());
    const path = join(directory, 'upper');
    await mkdir(path, { recursive: true, mode: 0o755 });
    return { path, remove: () => removeTree(directory) };
  }

  async unpackArchive(archive: AsyncIterable<Buffer>, directory: string): Promise<{ path: string; target: string }[]> {
    const { tree } = await unpackInto(directory, archive, new UnpackMeter(this.store.layers.limits));
    return tree.links();
  }

  copyAttributes(from: string, to: string): void {
    for (const name of imageXattrs(from)) {
      const value = lgetxattr(from, name);
      if (value) lsetxattr(to, name, value);
    }
  }

  /** `volatile`: a power failure ends the build, and what it wrote is made again. */
  async withRoot<T>(lower: readonly Digest[], upper: string | undefined, use: (root: string) => Promise<T>): Promise<T> {
    const directory = join(this.workDir, this.random.uuid());
    const target = join(directory, 'root');
    const work = join(directory, 'work');
    await mkdir(target, { recursive: true });
    await mkdir(work);
    try {
      await mountStack({ layers: this.store.layers, diffIds: lower, target, ...(upper ? { upper, work } : {}), volatile: true });
      return await use(target);
    } finally {
      await unmount(target);
      await removeTree(directory);
    }
  }
}

/** Layers of a base in Docker's format are the same bytes under another name; our manifests are OCI's. */
function ociType(mediaType: string): string {
  if (mediaType === 'application/vnd.docker.image.rootfs.diff.tar.gzip') return mediaTypes.ociLayerGzip;
  if (mediaType === 'application/vnd.docker.image.rootfs.diff.tar') return mediaTypes.ociLayer;
  return mediaType;
}
