import { createReadStream } from 'node:fs';
import { type Clock, type Digest, digestOf } from '#base';
import type { ContentStore } from '../content/content-store.ts';
import type { ImageService, PushProgress } from '../images.contract.ts';
import { RuntimeError } from '../contract.ts';
import { endpointsOf, type Mirrors } from '../registry-client/endpoints.ts';
import type { HttpClient } from '../registry-client/http.ts';
import { digestName, type ImageReference, nameOf } from '../registry-client/reference.ts';
import { RepositoryClient } from '../registry-client/repository-client.ts';
import { indexEntries, indexOf } from './image-index.ts';
import type { ImageRecord, ImageRecords } from './image-records.ts';
import type { LayerBlobs, LayerCompression } from './layer-blobs.ts';
import type { Leases } from './leases.ts';
import {
  type BlobDescriptor,
  type ImageManifest,
  type IndexEntry,
  isDistributable,
  manifestOf,
  mediaTypes,
  parseConfig,
  parseDocument,
} from './manifest.ts';

export interface PushParts {
  content: ContentStore;
  blobs: LayerBlobs;
  leases: Leases;
  records: ImageRecords;
  mirrors: Mirrors;
  clock: Clock;
  http: HttpClient;
}

type PushOptions = NonNullable<Parameters<ImageService['push']>[1]>;
type Teller = (blob: BlobDescriptor, status: PushProgress['status'], doneBytes?: number) => void;

/** Layers are told of by what they are, whichever way they are packed; a config is not told of. */
async function teller({ content }: PushParts, manifest: ImageManifest, onProgress: PushOptions['onProgress']): Promise<Teller> {
  if (!onProgress) return () => undefined;
  const diffIds = parseConfig(await content.read(manifest.config.digest), manifest).rootfs.diff_ids;
  const layers = new Map(manifest.layers.map(({ digest }, i) => [digest, diffIds[i]!]));
  return ({ digest, size }, status, doneBytes = 0) => {
    const layer = layers.get(digest);
    if (layer !== undefined) onProgress({ layer, status, doneBytes, totalBytes: size });
  };
}

/** At once per image. */
const concurrentBlobs = 4;

/**
 * Blobs first, the manifest last: what a registry shows is always whole. Answers the digest of that manifest, which is another one than
 * the record's when layers had to be packed first.
 */
export async function pushImage(
  parts: PushParts,
  record: ImageRecord,
  reference: ImageReference,
  options: PushOptions,
): Promise<{ digest: Digest; sizeBytes: number }> {
  const endpoint = endpointsOf(reference.host, parts.mirrors)[0]!;
  const { repository } = reference;
  const client = new RepositoryClient({ ...parts, endpoint, repository, credentials: options.credentials, access: 'pull,push' });
  const push = { parts, client, options };
  const ofIndex = record.index !== undefined && record.names.includes(nameOf(reference)) ? record.index : undefined;
  const pushed = ofIndex === undefined ? undefined : await pushIndex(push, ofIndex, reference.tag);
  const { digest, size: sizeBytes } =
    pushed ?? (await pushManifest(push, { digest: record.manifest, mediaType: record.manifestType }, reference.tag));
  const own = pushed?.manifests.get(record.manifest) ?? (pushed ? record.manifest : digest);
  const moved = { ...record, manifest: own, ...(pushed && { index: digest }), names: [] };
  await parts.records.put({ ...moved, repoDigests: [digestName(reference, digest)] });
  return { digest, sizeBytes };
}

interface Push {
  parts: PushParts;
  client: RepositoryClient;
  options: PushOptions;
}

/** Each image by its digest, then the index under the tag. `manifests`: what they are called now, by what they were called before. */
async function pushIndex(
  push: Push,
  index: Digest,
  tag: string | undefined,
): Promise<{ digest: Digest; size: number; manifests: Map<Digest, Digest> }> {
  const { content } = push.parts;
  const entries: IndexEntry[] = [];
  const manifests = new Map<Digest, Digest>();
  for (const entry of await indexEntries(content, index)) {
    const { digest, size } = await pushManifest(push, entry, undefined);
    entries.push({ ...entry, digest, size });
    manifests.set(entry.digest, digest);
  }
  const bytes = indexOf(entries);
  const digest = await content.put(bytes);
  await push.client.pushManifest(tag ?? digest, { mediaType: mediaTypes.ociIndex, bytes }, push.options.signal);
  return { digest, size: bytes.length, manifests };
}

/** Without a tag under its own digest. */
async function pushManifest(
  { parts, client, options }: Push,
  from: { digest: Digest; mediaType: string },
  tag: string | undefined,
): Promise<{ digest: Digest; size: number }> {
  const before = await parts.content.read(from.digest);
  const document = parseDocument(before, from.mediaType);
  if (document.kind !== 'image') throw new RuntimeError('bad-image', `${from.digest} is no image manifest`);
  const { manifest, release } = await packed(parts, document.manifest, options.compression ?? 'gzip');
  try {
    const bytes = manifest === document.manifest ? before : manifestOf(manifest);
    const todo: BlobDescriptor[] = [...uniqueBlobs([...manifest.layers.filter(isDistributable), manifest.config])];
    const tell = await teller(parts, manifest, options.onProgress);
    for (const blob of todo) tell(blob, 'queued');
    const work = async (): Promise<void> => {
      for (let blob = todo.shift(); blob; blob = todo.shift()) await pushBlob(parts, client, blob, { ...options, tell });
    };
    await Promise.all(Array.from({ length: concurrentBlobs }, work));
    const digest = await parts.content.put(bytes);
    await client.pushManifest(tag ?? digest, { mediaType: from.mediaType, bytes }, options.signal);
    return { digest, size: bytes.length };
  } finally {
    release();
  }
}

/**
 * With every layer in the content store, and held there. The manifest is the same object when there was nothing to pack. One layer after
 * the other: each takes all processors.
 */
async function packed(
  parts: PushParts,
  manifest: ImageManifest,
  compression: LayerCompression,
): Promise<{ manifest: ImageManifest; release: () => void }> {
  for (;;) {
    const layers: BlobDescriptor[] = [];
    for (const layer of manifest.layers) layers.push(isDistributable(layer) ? await parts.blobs.packed(layer, compression) : layer);
    const result = layers.every((layer, i) => layer === manifest.layers[i]) ? manifest : { config: manifest.config, layers };
    const digests = [result.config, ...layers].map(({ digest }) => digest);
    const release = await parts.leases.take([...digests, digestOf(manifestOf(result))]);
    const present = await Promise.all(layers.filter(isDistributable).map(({ digest }) => parts.content.has(digest)));
    if (present.every(Boolean)) return { manifest: result, release };
    release(); // a collection came between
  }
}

async function pushBlob(
  parts: PushParts,
  client: RepositoryClient,
  blob: BlobDescriptor,
  { signal, tell }: PushOptions & { tell: Teller },
): Promise<void> {
  const { digest } = blob;
  if (!(await parts.content.has(digest))) throw new RuntimeError('bad-image', `blob ${digest} is missing from the content store`);
  const body = (): ReturnType<typeof createReadStream> => {
    const stream = createReadStream(parts.content.path(digest), { highWaterMark: 512 * 1024 });
    let doneBytes = 0;
    stream.on('data', (chunk) => tell(blob, 'pushing', (doneBytes += chunk.length)));
    return stream.pause(); // who sends it begins
  };
  const outcome = await client.pushBlob({ digest, sizeBytes: blob.size, body }, signal);
  tell(blob, outcome === 'exists' ? 'exists' : 'done', blob.size);
}

function uniqueBlobs(blobs: readonly BlobDescriptor[]): IterableIterator<BlobDescriptor> {
  return new Map(blobs.map((blob) => [blob.digest, blob])).values();
}
