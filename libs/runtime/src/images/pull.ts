import type { Clock, Digest } from '#base';
import type { ImageService } from '../images.contract.ts';
import { RuntimeError } from '../contract.ts';
import { endpointsOf, type Mirrors } from '../registry-client/endpoints.ts';
import type { HttpClient } from '../registry-client/http.ts';
import { digestName, type ImageReference, nameOf } from '../registry-client/reference.ts';
import { type Manifest, RepositoryClient } from '../registry-client/repository-client.ts';
import type { Neighbours } from '../neighbours.contract.ts';
import { ImageBudget } from '../layers/unpack-limits.ts';
import { stackOf } from '../snapshots/stack.ts';
import { type BlobSource, demandSize, fetchLayer, type LayerParts, type WantedLayer } from './fetch-layer.ts';
import type { ImageRecord } from './image-records.ts';
import type { Leases } from './leases.ts';
import { hostPlatform, type ImageManifest, parseConfig, parseDocument, selectPlatform } from './manifest.ts';
import { NearestSource } from './nearest-source.ts';
import type { SharedProgress } from './shared-progress.ts';
import type { SingleFlight } from './single-flight.ts';

export type PullOptions = NonNullable<Parameters<ImageService['pull']>[1]>;

export interface PullParts extends LayerParts {
  leases: Leases;
  mirrors: Mirrors;
  clock: Clock;
  http: HttpClient;
  neighbours?: Neighbours | undefined;
  /** A layer that two images share is fetched once, also when both are pulled at the same time. */
  layerFlights: SingleFlight<string, void>;
  layerProgress: SharedProgress;
  /** Makes the image known, while garbage collection still leaves its parts alone. */
  keep: (record: ImageRecord) => Promise<ImageRecord>;
}

/** At once per image; more do not make a link faster. Docker's default as well. */
const concurrentLayers = 3;

/**
 * Fetches what is missing of an image, and makes it known. Endpoints are tried in their order; after the last the failure of the last one
 * is thrown. A failure that another endpoint would not mend, such as 'bad-image', ends the pull at once.
 */
export async function pullImage(parts: PullParts, reference: ImageReference, options: PullOptions): Promise<ImageRecord> {
  const failures: RuntimeError[] = [];
  for (const endpoint of endpointsOf(reference.host, parts.mirrors)) {
    const { repository } = reference;
    const client = new RepositoryClient({ ...parts, endpoint, repository, credentials: options.credentials, access: 'pull' });
    try {
      return await pullFrom(parts, client, reference, options);
    } catch (err) {
      if (!(err instanceof RuntimeError) || !['image-not-found', 'registry-unavailable', 'unauthorized'].includes(err.code)) throw err;
      failures.push(err);
    }
  }
  throw failures.at(-1) ?? new RuntimeError('registry-unavailable', `no endpoint for ${reference.host}`);
}

async function pullFrom(parts: PullParts, client: RepositoryClient, reference: ImageReference, options: PullOptions): Promise<ImageRecord> {
  const { signal } = options;
  const top = await client.manifest(reference.digest ?? reference.tag ?? 'latest', signal);
  const { source, manifest } = await platformManifest(client, top, options);
  const blobs = [source.digest, manifest.config.digest, ...manifest.layers.map(({ digest }) => digest)];
  const releases = [await parts.leases.take(blobs)];
  try {
    await parts.content.put(source.bytes, { digest: source.digest });
    const diffIds = await fetchConfig(parts, client, manifest, signal);
    releases.push(await parts.leases.take(diffIds));
    await fetchLayers(parts, client, { manifest, diffIds }, options);
    await stackOf(parts.layers, diffIds); // what is wrong between layers shows here, and not at the first start
    return await parts.keep({
      id: manifest.config.digest,
      manifest: source.digest,
      manifestType: source.mediaType,
      names: reference.digest || options.unnamed ? [] : [nameOf(reference)],
      repoDigests: options.unnamed ? [] : [digestName(reference, reference.digest ?? top.digest)],
      ...(client.isAnonymous && { isPublic: true }),
    });
  } finally {
    for (const release of releases) release();
  }
}

async function platformManifest(
  client: RepositoryClient,
  top: Manifest,
  { platform = hostPlatform, signal }: PullOptions,
): Promise<{ source: Manifest; manifest: ImageManifest }> {
  let source = top;
  // An index may list indexes; three deep is more than anybody makes.
  for (let depth = 0; depth < 3; depth++) {
    const document = parseDocument(source.bytes, source.mediaType);
    if (document.kind === 'image') return { source, manifest: document.manifest };
    const entry = selectPlatform(document.entries, platform);
    source = await client.manifest(entry.digest, signal);
    if (source.bytes.length !== entry.size) {
      throw new RuntimeError('bad-image', `manifest ${entry.digest} has ${source.bytes.length} bytes, its descriptor says ${entry.size}`);
    }
  }
  throw new RuntimeError('bad-image', 'invalid image: its indexes are nested too deep');
}

/** Read whole: everything else is checked against it. Docker's limit is 4 MiB as well. */
const configLimitBytes = 4 * 1024 * 1024;

async function fetchConfig(parts: PullParts, client: RepositoryClient, manifest: ImageManifest, signal?: AbortSignal): Promise<Digest[]> {
  const { digest, size } = manifest.config;
  if (size > configLimitBytes) throw new RuntimeError('bad-image', `invalid image: its config has ${size} bytes`);
  if (!(await demandSize(parts.content, manifest.config))) {
    const writer = await parts.content.writer({ digest, sizeBytes: size });
    try {
      for await (const chunk of client.blob(digest, { signal })) await writer.write(chunk);
      await writer.commit();
    } finally {
      await writer.abort();
    }
  }
  return parseConfig(await parts.content.read(digest), manifest).rootfs.diff_ids;
}

async function fetchLayers(
  parts: PullParts,
  client: RepositoryClient,
  { manifest, diffIds }: { manifest: ImageManifest; diffIds: readonly Digest[] },
  options: PullOptions,
): Promise<void> {
  // The first failure ends the other transfers.
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const budget = new ImageBudget(parts.layers.limits);
  const todo = manifest.layers.map((descriptor, i) => ({ descriptor, diffId: diffIds[i]!, budget }));
  for (const { descriptor, diffId } of todo) {
    const isHere = (await parts.layers.has(diffId)) && (await parts.content.has(descriptor.digest));
    const doneBytes = isHere ? descriptor.size : 0;
    options.onProgress?.({ layer: descriptor.digest, status: isHere ? 'exists' : 'queued', doneBytes, totalBytes: descriptor.size });
  }
  const work = async (): Promise<void> => {
    for (let layer = todo.shift(); layer; layer = todo.shift()) await fetchShared(parts, client, layer, { ...options, signal });
  };
  const results = await Promise.allSettled(
    Array.from({ length: concurrentLayers }, () =>
      work().catch((err: unknown) => {
        stop.abort(err);
        throw err;
      }),
    ),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw options.signal?.aborted ? options.signal.reason : stop.signal.aborted ? stop.signal.reason : failed.reason;
}

/**
 * A layer that several images have, from one registry and with the same claims, is fetched once. When the call that did it fails, the
 * others try for themselves: the bounds that it met were those of its own image.
 */
async function fetchShared(parts: PullParts, client: RepositoryClient, layer: WantedLayer, options: PullOptions): Promise<void> {
  const { descriptor, diffId, budget } = layer;
  const { digest, size, urls = [] } = descriptor;
  const key = [client.host, digest, size, diffId].join(' ');
  const { signal } = options;
  const registry = (from: number): AsyncGenerator<Buffer> => client.blob(digest, { from, urls, signal });
  const neighbours = client.isAnonymous ? parts.neighbours : undefined;
  for (let own = false; !own; ) {
    try {
      await parts.layerProgress.listen(key, options.onProgress, (tell) =>
        parts.layerFlights.run(
          key,
          () => {
            own = true;
            const near = new NearestSource({ neighbours, registry, digest, sizeBytes: size, signal });
            return fetchNearest(parts, layer, { near, registry }, (status, doneBytes) =>
              tell({ layer: digest, status, doneBytes, totalBytes: size }),
            );
          },
          options.signal,
        ),
      );
      const { entries = 0, sizeBytes: bytes } = (await parts.layers.describe(diffId))!;
      if (!own) budget.take({ entries, bytes });
      return;
    } catch (err) {
      if (own || options.signal?.aborted) throw err;
    }
  }
}

/** A neighbour that sends something else must not fail the pull. */
async function fetchNearest(
  parts: PullParts,
  layer: WantedLayer,
  { near, registry }: { near: NearestSource; registry: BlobSource },
  tell: Parameters<typeof fetchLayer>[3],
): Promise<void> {
  try {
    return await fetchLayer(parts, layer, (from) => near.read(from), tell);
  } catch (err) {
    if (!near.usedNeighbour || !(err instanceof RuntimeError) || err.code !== 'bad-image') throw err;
    return fetchLayer(parts, layer, registry, tell);
  }
}
