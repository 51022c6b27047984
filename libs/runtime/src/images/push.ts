import { createReadStream } from 'node:fs';
import { type Clock, type Digest, digestOf } from '#base';
import type { ContentStore } from '../content/content-store.ts';
import type { RegistryCredentials } from '../images.contract.ts';
import { RuntimeError } from '../contract.ts';
import { endpointsOf, type Mirrors } from '../registry-client/endpoints.ts';
import type { HttpClient } from '../registry-client/http.ts';
import { digestName, type ImageReference } from '../registry-client/reference.ts';
import { RepositoryClient } from '../registry-client/repository-client.ts';
import type { ImageRecord, ImageRecords } from './image-records.ts';
import type { LayerBlobs, LayerCompression } from './layer-blobs.ts';
import type { Leases } from './leases.ts';
import { type BlobDescriptor, type ImageManifest, isDistributable, manifestOf, parseDocument } from './manifest.ts';

export interface PushParts {
  content: ContentStore;
  blobs: LayerBlobs;
  leases: Leases;
  records: ImageRecords;
  mirrors: Mirrors;
  clock: Clock;
  http: HttpClient;
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
  options: { credentials?: RegistryCredentials; signal?: AbortSignal; compression?: LayerCompression },
): Promise<Digest> {
  const endpoint = endpointsOf(reference.host, parts.mirrors)[0]!;
  const { repository } = reference;
  const client = new RepositoryClient({ ...parts, endpoint, repository, credentials: options.credentials, access: 'pull,push' });
  const document = parseDocument(await parts.content.read(record.manifest), record.manifestType);
  if (document.kind !== 'image') throw new RuntimeError('bad-image', `${record.id} has no image manifest`);
  const { manifest, release } = await packed(parts, document.manifest, options.compression ?? 'gzip');
  try {
    const bytes = manifest === document.manifest ? await parts.content.read(record.manifest) : manifestOf(manifest);
    const todo: BlobDescriptor[] = [...uniqueBlobs([...manifest.layers.filter(isDistributable), manifest.config])];
    const work = async (): Promise<void> => {
      for (let blob = todo.shift(); blob; blob = todo.shift()) await pushBlob(parts, client, blob, options.signal);
    };
    await Promise.all(Array.from({ length: concurrentBlobs }, work));
    const digest = await parts.content.put(bytes);
    await client.pushManifest(reference.tag ?? digest, { mediaType: record.manifestType, bytes }, options.signal);
    await parts.records.put({ ...record, manifest: digest, names: [], repoDigests: [digestName(reference, digest)] });
    return digest;
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

async function pushBlob(parts: PushParts, client: RepositoryClient, blob: BlobDescriptor, signal?: AbortSignal): Promise<void> {
  const { digest } = blob;
  if (!(await parts.content.has(digest))) throw new RuntimeError('bad-image', `blob ${digest} is missing from the content store`);
  const body = (): NodeJS.ReadableStream & ReturnType<typeof createReadStream> =>
    createReadStream(parts.content.path(digest), { highWaterMark: 512 * 1024 });
  await client.pushBlob({ digest, sizeBytes: blob.size, body }, signal);
}

function uniqueBlobs(blobs: readonly BlobDescriptor[]): IterableIterator<BlobDescriptor> {
  return new Map(blobs.map((blob) => [blob.digest, blob])).values();
}
