import { createReadStream } from 'node:fs';
import type { Clock, Digest } from '#base';
import type { ContentStore } from '../content/content-store.ts';
import type { RegistryCredentials } from '../images.contract.ts';
import { RuntimeError } from '../contract.ts';
import { endpointsOf, type Mirrors } from '../registry-client/endpoints.ts';
import type { HttpClient } from '../registry-client/http.ts';
import type { ImageReference } from '../registry-client/reference.ts';
import { RepositoryClient } from '../registry-client/repository-client.ts';
import type { ImageRecord } from './image-records.ts';
import { type BlobDescriptor, isDistributable, parseDocument } from './manifest.ts';

export interface PushParts {
  content: ContentStore;
  mirrors: Mirrors;
  clock: Clock;
  http: HttpClient;
}

/** At once per image. */
const concurrentBlobs = 4;

/** Blobs first, the manifest last: what a registry shows is always whole. */
export async function pushImage(
  parts: PushParts,
  record: ImageRecord,
  reference: ImageReference,
  options: { credentials?: RegistryCredentials; signal?: AbortSignal },
): Promise<Digest> {
  const endpoint = endpointsOf(reference.host, parts.mirrors)[0]!;
  const { repository } = reference;
  const client = new RepositoryClient({ ...parts, endpoint, repository, credentials: options.credentials, access: 'pull,push' });
  const bytes = await parts.content.read(record.manifest);
  const document = parseDocument(bytes, record.manifestType);
  if (document.kind !== 'image') throw new RuntimeError('bad-image', `${record.id} has no image manifest`);
  const todo: BlobDescriptor[] = [...uniqueBlobs([...document.manifest.layers.filter(isDistributable), document.manifest.config])];
  const work = async (): Promise<void> => {
    for (let blob = todo.shift(); blob; blob = todo.shift()) await pushBlob(parts, client, blob, options.signal);
  };
  await Promise.all(Array.from({ length: concurrentBlobs }, work));
  await client.pushManifest(reference.tag ?? record.manifest, { mediaType: record.manifestType, bytes }, options.signal);
  return record.manifest;
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
