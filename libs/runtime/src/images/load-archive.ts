import type { Digest } from '#base';
import { RuntimeError } from '../contract.ts';
import type { LoadedImage, LoadProgress } from '../archives.contract.ts';
import { compressionOf } from '../layers/decompress.ts';
import { ImageBudget } from '../layers/unpack-limits.ts';
import { asRuntimeError } from '../layers/layer-store.ts';
import { nameOf, parseReference } from '../registry-client/reference.ts';
import { stackOf } from '../snapshots/stack.ts';
import { ArchiveFiles, badArchive } from './archive-files.ts';
import { fetchLayer } from './fetch-layer.ts';
import type { ImageRecord } from './image-records.ts';
import type { ImageStore } from './image-store.ts';
import {
  type BlobDescriptor,
  hostPlatform,
  type ImageManifest,
  manifestOf,
  mediaTypes,
  parseConfig,
  parseDocument,
  selectPlatform,
} from './manifest.ts';

/** Manifests, indexes and configs are read whole. Docker's limit is 4 MiB as well. */
const documentLimitBytes = 4 * 1024 * 1024;

/** An image of the archive, before any of it is shown. */
interface Found {
  /** Of the manifest in the store. */
  record: Pick<ImageRecord, 'id' | 'manifest' | 'manifestType'>;
  manifest: ImageManifest;
  names: string[];
}

type OnProgress = (progress: LoadProgress) => void;

/** `ImageArchives.load`. */
export async function loadArchive(
  store: ImageStore,
  archive: AsyncIterable<Buffer>,
  { onProgress }: { onProgress?: OnProgress } = {},
): Promise<LoadedImage[]> {
  const files = new ArchiveFiles(store);
  const used = new Set<Digest>();
  const releases: (() => void)[] = [];
  try {
    await files.read(archive);
    const found = files.find('manifest.json') ? await ofDocker(store, files) : await ofLayout(store, files);
    if (found.length === 0) throw badArchive('it has no images');
    for (const image of found) releases.push(await unpack(store, image, onProgress));
    const loaded: LoadedImage[] = [];
    for (const image of found) loaded.push(await show(store, image));
    for (const { image } of loaded) for (const digest of await blobsOf(store, image.id)) used.add(digest);
    return loaded;
  } catch (err) {
    throw asRuntimeError(err);
  } finally {
    await files.release(used);
    for (const release of releases) release();
  }
}

/** Docker Image Specification v1.2, "Combined Image JSON + Filesystem Changeset Format": `manifest.json`. */
async function ofDocker(store: ImageStore, files: ArchiveFiles): Promise<Found[]> {
  const list = await readJson(store, files, 'manifest.json');
  if (!Array.isArray(list)) throw badArchive('its manifest.json is no list');
  const found: Found[] = [];
  for (const item of list as unknown[]) {
    const { Config: config, Layers: layers, RepoTags: tags } = (item ?? {}) as Partial<Record<string, unknown>>;
    if (typeof config !== 'string' || !isTexts(layers ?? []) || !isTexts(tags ?? []))
      throw badArchive('its manifest.json names no config and layers');
    const { digest: id, sizeBytes } = files.must(config);
    const manifest: ImageManifest = {
      config: { mediaType: mediaTypes.ociConfig, digest: id, size: sizeBytes },
      layers: await Promise.all(((layers ?? []) as string[]).map((path) => layerOf(store, files, path))),
    };
    const bytes = manifestOf(manifest);
    const record = { id, manifest: await files.put(bytes), manifestType: mediaTypes.ociManifest };
    found.push({ record, manifest, names: ((tags ?? []) as string[]).map(normalized) });
  }
  return found;
}

/** OCI image-spec, image-layout.md. Names are in annotations: containerd's, else the reference that podman and skopeo write. */
async function ofLayout(store: ImageStore, files: ArchiveFiles): Promise<Found[]> {
  if (!files.find('index.json')) {
    throw badArchive(files.find('repositories') ? 'it is of a Docker before 1.10' : 'it has neither a manifest.json nor an index.json');
  }
  const index = (await readJson(store, files, 'index.json')) as { manifests?: unknown };
  if (!Array.isArray(index?.manifests)) throw badArchive('its index.json lists no manifests');
  const found = new Map<Digest, Found>();
  for (const entry of index.manifests as (BlobDescriptor & { annotations?: Record<string, unknown> })[]) {
    const image = await manifestAt(store, files, entry);
    const known = found.get(image.record.manifest) ?? image;
    known.names.push(...namesOf(entry.annotations ?? {}));
    found.set(image.record.manifest, known);
  }
  return [...found.values()];
}

async function manifestAt(store: ImageStore, files: ArchiveFiles, entry: BlobDescriptor): Promise<Found> {
  let { digest, mediaType } = entry;
  for (let depth = 0; depth < 3; depth++) {
    const document = parseDocument(await readDocument(store, files, blobPath(digest), digest), mediaType ?? '');
    if (document.kind === 'image') {
      const { manifest } = document;
      for (const blob of [manifest.config, ...manifest.layers]) demandBlob(files, blob);
      return {
        record: { id: manifest.config.digest, manifest: digest, manifestType: mediaType || mediaTypes.ociManifest },
        manifest,
        names: [],
      };
    }
    ({ digest, mediaType } = selectPlatform(document.entries, hostPlatform));
  }
  throw badArchive('its indexes are nested too deep');
}

function namesOf(annotations: Record<string, unknown>): string[] {
  const [full, reference] = [annotations['io.containerd.image.name'], annotations['org.opencontainers.image.ref.name']];
  if (typeof full === 'string') return [normalized(full)];
  // A tag alone is no name.
  return typeof reference === 'string' && /[:/]/.test(reference) ? [normalized(reference)] : [];
}

const blobPath = (digest: unknown): string => {
  if (typeof digest !== 'string') throw badArchive('a descriptor has no digest');
  return `blobs/${digest.replace(':', '/')}`;
};

function demandBlob(files: ArchiveFiles, { digest, size }: BlobDescriptor): void {
  const file = files.must(blobPath(digest));
  if (file.digest !== digest) throw badArchive(`blob ${digest} has other content: its digest is ${file.digest}`);
  if (file.sizeBytes !== size) throw badArchive(`blob ${digest} has ${file.sizeBytes} bytes, its descriptor says ${size}`);
}

async function layerOf(store: ImageStore, files: ArchiveFiles, path: string): Promise<BlobDescriptor> {
  const { digest, sizeBytes } = files.must(path);
  const types = { gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd, none: mediaTypes.ociLayer };
  let start: Buffer = Buffer.alloc(0);
  for await (const chunk of store.content.stream(digest)) {
    start = chunk;
    break;
  }
  return { mediaType: types[compressionOf(start)], digest, size: sizeBytes };
}

/** Its layers, and what they are stacked on: what is wrong with them shows here, and not at the first start. Answers how to let them go. */
async function unpack(store: ImageStore, { record, manifest }: Found, onProgress: OnProgress | undefined): Promise<() => void> {
  if (manifest.config.size > documentLimitBytes) throw badArchive(`its config has ${manifest.config.size} bytes`);
  const { diff_ids: diffIds } = parseConfig(await store.content.read(manifest.config.digest), manifest).rootfs;
  const release = await store.leases.take([
    record.manifest,
    manifest.config.digest,
    ...manifest.layers.map(({ digest }) => digest),
    ...diffIds,
  ]);
  try {
    const budget = new ImageBudget(store.layers.limits);
    const nothing = (): never => {
      throw badArchive('a layer went away while it was loaded');
    };
    for (const [i, descriptor] of manifest.layers.entries()) {
      const diffId = diffIds[i]!;
      const progress = (doneBytes: number): void => onProgress?.({ diffId, doneBytes, totalBytes: descriptor.size });
      const isNew = !(await store.layers.has(diffId));
      if (isNew) progress(0);
      await fetchLayer(store, { descriptor, diffId, budget }, nothing, () => undefined);
      if (isNew) progress(descriptor.size);
    }
    await stackOf(store.layers, diffIds);
    return release;
  } catch (err) {
    release();
    throw err;
  }
}

/** An image that is here already keeps its manifest, by which registries know it. */
async function show(store: ImageStore, { record, names }: Found): Promise<LoadedImage> {
  const renamed = names.flatMap((name) => {
    const holder = store.records.list().find((other) => other.names.includes(name) && other.id !== record.id);
    return holder ? [{ name, id: holder.id }] : [];
  });
  const known = store.records.find(record.id);
  const put = await store.records.put({ ...record, ...known, names, repoDigests: [], pinned: true });
  return { image: await store.describe(put), names, renamed };
}

async function blobsOf(store: ImageStore, id: Digest): Promise<Digest[]> {
  const { manifest, manifestType } = store.records.find(id)!;
  const document = parseDocument(await store.content.read(manifest), manifestType);
  return [manifest, id, ...(document.kind === 'image' ? document.manifest.layers.map(({ digest }) => digest) : [])];
}

async function readJson(store: ImageStore, files: ArchiveFiles, path: string): Promise<unknown> {
  try {
    return JSON.parse((await readDocument(store, files, path)).toString()) as unknown;
  } catch (err) {
    if (err instanceof RuntimeError) throw err;
    throw badArchive(`its ${path} is not JSON`);
  }
}

async function readDocument(store: ImageStore, files: ArchiveFiles, path: string, expected?: Digest): Promise<Buffer> {
  const { digest, sizeBytes } = files.must(path);
  if (sizeBytes > documentLimitBytes) throw badArchive(`its ${path} has ${sizeBytes} bytes`);
  if (expected !== undefined && expected !== digest) throw badArchive(`blob ${expected} has other content: its digest is ${digest}`);
  return store.content.read(digest);
}

function normalized(name: string): string {
  const parsed = parseReference(name);
  if (parsed.digest) throw badArchive(`'${name}' is no name with a tag`);
  return nameOf(parsed);
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');
