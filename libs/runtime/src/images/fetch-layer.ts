import type { Digest } from '#base';
import type { BlobWriter, ContentStore } from '../content/content-store.ts';
import { RuntimeError } from '../contract.ts';
import type { PullProgress } from '../images.contract.ts';
import { asRuntimeError, type LayerStore } from '../layers/layer-store.ts';
import type { ImageBudget } from '../layers/unpack-limits.ts';
import type { BlobDescriptor } from './manifest.ts';

export interface LayerParts {
  content: ContentStore;
  layers: LayerStore;
}

export interface WantedLayer {
  descriptor: BlobDescriptor;
  diffId: Digest;
  budget: ImageBudget;
}

/**
 * Brings one layer here: its bytes go to the content store and, in the same pass, through the decompressor into files. Both are shown
 * only when their digests have been proven; of what is here already, what the manifest and the config say of it is proven all the same.
 */
export async function fetchLayer(
  parts: LayerParts,
  layer: WantedLayer,
  source: () => AsyncGenerator<Buffer>,
  onProgress?: (progress: PullProgress) => void,
): Promise<void> {
  const { content, layers } = parts;
  const { descriptor, diffId, budget } = layer;
  const { unpackedBytes } = layers.limits;
  if (descriptor.size > unpackedBytes) {
    throw new RuntimeError('bad-image', `blob ${descriptor.digest} is larger than the ${unpackedBytes} bytes that a layer may have`);
  }
  const known = await layers.describe(diffId);
  if (known) budget.take({ entries: known.entries ?? 0, bytes: known.sizeBytes });
  if (!(await demandSize(content, descriptor))) await transfer(parts, layer, { source, onProgress, unpack: !known });
  else if (!known) await layers.unpack(diffId, content.stream(descriptor.digest), { blob: descriptor.digest, budget });
  await layers.prove(diffId, descriptor.digest, () => content.stream(descriptor.digest));
}

/** Whether the blob is here. Throws 'bad-image' when it is, and has another size than its descriptor says. */
export async function demandSize(content: ContentStore, { digest, size }: BlobDescriptor): Promise<boolean> {
  const present = await content.size(digest);
  if (present === undefined) return false;
  if (present !== size) throw new RuntimeError('bad-image', `blob ${digest} has ${present} bytes, its descriptor says ${size}`);
  return true;
}

async function transfer(
  { content, layers }: LayerParts,
  { descriptor, diffId, budget }: WantedLayer,
  how: { source: () => AsyncGenerator<Buffer>; onProgress: ((progress: PullProgress) => void) | undefined; unpack: boolean },
): Promise<void> {
  const { digest, size } = descriptor;
  const writer = await content.writer({ digest, sizeBytes: size });
  const tap = new Tap(how.source(), writer, (doneBytes) => how.onProgress?.({ layer: digest, doneBytes, totalBytes: size }));
  try {
    if (how.unpack) await layers.unpack(diffId, tap, { blob: digest, budget });
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

  /** Takes in what the unpacker has left: archives may have padding after their end mark, which belongs to the blob. */
  async drain(): Promise<void> {
    for (let next = await this.next(); !next.done; next = await this.next());
  }

  /** Ends the transfer, if it still runs. Idempotent. */
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
