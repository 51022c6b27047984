import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import type { Digest } from '#base';
import type { ContentStore } from '../content/content-store.ts';
import { RuntimeError } from '../contract.ts';
import { compressionOf } from '../layers/decompress.ts';
import { gzipBlocks } from '../layers/gzip-blocks.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import { type BlobDescriptor, mediaTypes } from './manifest.ts';

export type LayerCompression = 'gzip' | 'zstd';

const packers = {
  gzip: { mediaType: mediaTypes.ociLayerGzip, pack: gzipBlocks },
  zstd: {
    mediaType: mediaTypes.ociLayerZstd,
    pack: (source: AsyncIterable<Buffer>): AsyncIterable<Buffer> =>
      Readable.from(source).pipe(createZstdCompress({ chunkSize: 1024 * 1024 })),
  },
} as const satisfies Record<LayerCompression, unknown>;

/**
 * The blobs of a store's images. Of a layer that was built here none is kept: its plain archive is written from its files when somebody
 * reads it, and it is packed when it leaves this machine.
 */
export class LayerBlobs {
  constructor(
    private readonly content: ContentStore,
    private readonly layers: LayerStore,
  ) {}

  /** Bytes; undefined: it is not here. */
  async size(digest: Digest): Promise<number | undefined> {
    return (await this.content.size(digest)) ?? (await this.layers.archiveOf(digest))?.sizeBytes;
  }

  /** How to read it, as often as one likes. Throws 'bad-image' when it is not here. */
  async open(digest: Digest): Promise<() => AsyncIterable<Buffer>> {
    if (await this.content.has(digest)) return () => this.content.stream(digest);
    const archive = await this.layers.archiveOf(digest);
    if (!archive) throw new RuntimeError('bad-image', `blob ${digest} is missing from the content store`);
    return archive.read;
  }

  /** The layer as it goes to a registry: as it came, or packed when it was built here. */
  async packed(layer: BlobDescriptor, compression: LayerCompression): Promise<BlobDescriptor> {
    if (await this.content.has(layer.digest)) return layer;
    const { mediaType, pack } = packers[compression];
    for (const digest of (await this.layers.describe(layer.digest))?.blobs ?? []) {
      const size = await this.content.size(digest);
      if (size !== undefined && (await this.isPackedBy(digest, compression))) return { mediaType, digest, size };
    }
    const read = await this.open(layer.digest);
    const hash = createHash('sha256');
    const plain = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of read()) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const writer = await this.content.writer();
    try {
      for await (const chunk of pack(plain())) await writer.write(chunk);
      const found = `sha256:${hash.digest('hex')}`;
      if (found !== layer.digest) throw new RuntimeError('bad-image', `the files of layer ${layer.digest} have changed: they are ${found}`);
      const { digest, sizeBytes } = await writer.commit();
      await this.layers.notePacked(layer.digest, digest);
      return { mediaType, digest, size: sizeBytes };
    } finally {
      await writer.abort();
    }
  }

  private async isPackedBy(digest: Digest, compression: LayerCompression): Promise<boolean> {
    for await (const chunk of this.content.stream(digest)) return compressionOf(chunk) === compression;
    return false;
  }
}
