import type { Digest } from '#base';
import type { BlobWriter, ContentStore } from '../content/content-store.ts';
import { RuntimeError } from '../contract.ts';
import type { PullStatus } from '../images.contract.ts';
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

/** Of a blob, the bytes from an offset on. */
export type BlobSource = (from: number) => AsyncGenerator<Buffer>;

/**
 * Brings one layer here: its bytes go to the content store and, in the same pass, through the decompressor into files. Both are shown
 * only when their digests have been proven; of what is here already, what the manifest and the config say of it is proven all the same.
 */
export async function fetchLayer(
  parts: LayerParts,
  layer: WantedLayer,
  source: BlobSource,
  tell: (status: PullStatus, doneBytes: number) => void,
): Promise<void> {
  const { content, layers } = parts;
  const { descriptor, diffId, budget } = layer;
  const { unpackedBytes } = layers.limits;
  if (descriptor.size > unpackedBytes) {
    throw new RuntimeError('bad-image', `blob ${descriptor.digest} is larger than the ${unpackedBytes} bytes that a layer may have`);
  }
  const known = await layers.describe(diffId);
  if (known) budget.take({ entries: known.entries ?? 0, bytes: known.sizeBytes });
  const hasBlob = await demandSize(content, descriptor);
  if (!hasBlob) await transfer(parts, layer, { source, tell, unpack: !known });
  else if (!known) {
    tell('extracting', descriptor.size);
    await layers.unpack(diffId, content.stream(descriptor.digest), { blob: descriptor.digest, budget });
  }
  await layers.prove(diffId, descriptor.digest, () => content.stream(descriptor.digest));
  tell(hasBlob && known ? 'exists' : 'done', descriptor.size);
}

/** Whether the blob is here. Throws 'bad-image' when it is, and has another size than its descriptor says. */
export async function demandSize(content: ContentStore, { digest, size }: BlobDescriptor): Promise<boolean> {
  const present = await content.size(digest);
  if (present === undefined) return false;
  if (present !== size) throw new RuntimeError('bad-image', `blob ${digest} has ${present} bytes, its descriptor says ${size}`);
  return true;
}

interface Transfer {
  source: BlobSource;
  tell: (status: PullStatus, doneBytes: number) => void;
  unpack: boolean;
}

/** What an earlier transfer has left may be worth nothing, after a power failure for example: then all of it comes again. */
async function transfer(parts: LayerParts, layer: WantedLayer, how: Transfer): Promise<void> {
  for (;;) {
    const writer = await parts.content.fetcher({ digest: layer.descriptor.digest, sizeBytes: layer.descriptor.size });
    try {
      return await transferInto(writer, parts, layer, how);
    } catch (err) {
      if (writer.keptBytes === 0 || (err as Partial<RuntimeError>).code !== 'bad-image') throw err;
    }
  }
}

async function transferInto(writer: BlobWriter, { layers }: LayerParts, layer: WantedLayer, how: Transfer): Promise<void> {
  const { digest, size } = layer.descriptor;
  const tap = new Tap(writer, size, how);
  try {
    if (how.unpack) await layers.unpack(layer.diffId, tap, { blob: digest, budget: layer.budget });
    await tap.drain();
    await writer.commit();
  } catch (err) {
    const reason = asRuntimeError(err);
    // Of no use for another attempt, or in its way.
    if (reason instanceof RuntimeError && ['bad-image', 'disk-full'].includes(reason.code)) await writer.abort();
    throw reason;
  } finally {
    await tap.close();
    await writer.suspend();
  }
}

/** Passes a stream on and writes it down. Does not end the source when its reader has seen enough: the blob has to be complete. */
class Tap implements AsyncIterable<Buffer> {
  private readonly kept: AsyncGenerator<Buffer>;
  private source: AsyncGenerator<Buffer> | undefined;
  private ended = false;

  constructor(
    private readonly writer: BlobWriter,
    private readonly totalBytes: number,
    private readonly how: Transfer,
  ) {
    this.kept = writer.resume();
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return { next: () => this.next() };
  }

  /** Takes in what the unpacker has left: archives may have padding after their end mark, which belongs to the blob. */
  async drain(): Promise<void> {
    for (let next = await this.next(); !next.done; next = await this.next());
  }

  /** Ends the transfer, if it still runs. Idempotent. */
  async close(): Promise<void> {
    await this.kept.return(undefined);
    await this.source?.return(undefined);
  }

  private async next(): Promise<IteratorResult<Buffer>> {
    const { writer, totalBytes, how } = this;
    if (!this.source) {
      const kept = await this.kept.next();
      if (!kept.done) return kept;
      this.source = writer.sizeBytes < totalBytes ? how.source(writer.sizeBytes) : nothing();
      how.tell('downloading', writer.sizeBytes);
    }
    const next = await this.source.next();
    if (next.done) {
      if (!this.ended) for (const status of ['verifying', 'extracting'] as const) how.tell(status, totalBytes);
      this.ended = true;
      return { done: true, value: undefined };
    }
    await writer.write(next.value);
    how.tell('downloading', writer.sizeBytes);
    return next;
  }
}

// oxlint-disable-next-line require-yield -- there is nothing left to come
async function* nothing(): AsyncGenerator<Buffer> {}
