import type { Digest } from '#base';
import type { BlobWriter, ContentStore } from '../content/content-store.ts';
import type { PullProgress } from '../contract.ts';
import { asRuntimeError, type LayerStore } from '../layers/layer-store.ts';
import type { BlobDescriptor } from './manifest.ts';

export interface LayerParts {
  content: ContentStore;
  layers: LayerStore;
}

/**
 * Brings one layer here: its bytes go to the content store and, in the same pass, through the decompressor into files. Both are shown
 * only when their digests have been proven.
 */
export async function fetchLayer(
  { content, layers }: LayerParts,
  layer: { descriptor: BlobDescriptor; diffId: Digest },
  source: () => AsyncGenerator<Buffer>,
  onProgress?: (progress: PullProgress) => void,
): Promise<void> {
  const { descriptor, diffId } = layer;
  const unpacked = await layers.has(diffId);
  if (await content.has(descriptor.digest)) {
    if (!unpacked) await layers.unpack(diffId, content.stream(descriptor.digest));
    return;
  }
  const writer = await content.writer({ digest: descriptor.digest, sizeBytes: descriptor.size });
  const tap = new Tap(source(), writer, (doneBytes) => onProgress?.({ layer: descriptor.digest, doneBytes, totalBytes: descriptor.size }));
  try {
    if (!unpacked) await layers.unpack(diffId, tap);
    await tap.drain();
    await writer.commit();
  } catch (err) {
    throw asRuntimeError(err);
  } finally {
    await tap.close();
    await writer.abort();
  }
}

/** Passes a stream on and writes it down. Does not end the source when its reader has seen enough: the blob has to be complete. */
class Tap implements AsyncIterable<Buffer> {
  constructor(
    private readonly source: AsyncGenerator<Buffer>,
    private readonly writer: BlobWriter,
    private readonly progress: (doneBytes: number) => void,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return { next: () => this.next() };
  }

  async drain(): Promise<void> {
    for (let next = await this.next(); !next.done; next = await this.next());
  }

  async close(): Promise<void> {
    await this.source.return(undefined);
  }

  private async next(): Promise<IteratorResult<Buffer>> {
    const next = await this.source.next();
    if (next.done) return { done: true, value: undefined };
    await this.writer.write(next.value);
    this.progress(this.writer.sizeBytes);
    return next;
  }
}
