import { arch } from 'node:process';
import { type Digest, isDigest, lookUp } from '#base';
import { RuntimeError } from '../contract.ts';
import type { ImageConfig, Platform } from '../images.contract.ts';

export interface BlobDescriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  /** Where else it may be had (OCI image-spec, descriptor.md). */
  urls?: string[];
}

/** OCI image-spec, manifest.md; Docker's schema 2 says the same under other names. */
export interface ImageManifest {
  config: BlobDescriptor;
  layers: BlobDescriptor[];
}

/**
 * Layers that stay where their author has put them (OCI image-spec, layer.md, "Non-Distributable Layers"; Docker's foreign layers): a push
 * leaves them out.
 */
export function isDistributable({ mediaType }: BlobDescriptor): boolean {
  return !/nondistributable|\.foreign\./.test(mediaType);
}

/** OCI image-spec, image-index.md. */
export interface IndexEntry extends BlobDescriptor {
  platform?: { os?: string; architecture?: string; variant?: string };
}

/** OCI image-spec, media-types.md, and those of Docker's schema 2. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

/** GOARCH names of Node's. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  s390x: 's390x',
  ppc64: 'ppc64le',
};

/** What this machine runs. Nothing is emulated. */
export const hostPlatform: Platform = { os: 'linux', architecture: architectures[arch] ?? arch };

/** The manifest of an image of ours, with its keys in a fixed order: the same image is the same bytes. */
export function manifestOf({ config, layers }: ImageManifest): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }));
}

type Document = { kind: 'image'; manifest: ImageManifest } | { kind: 'index'; entries: IndexEntry[] };

/** The document's own `mediaType` goes before the header's; where the type does not tell, the form does. Throws 'bad-image'. */
export function parseDocument(bytes: Buffer, headerType: string): Document {
  const json = parseJson(bytes, 'manifest') as {
    mediaType?: string;
    schemaVersion?: number;
    manifests?: unknown;
    layers?: unknown;
    config?: unknown;
  };
  const type = json.mediaType ?? headerType;
  if (json.schemaVersion === 1) throw bad('it has an image manifest of schema version 1, which is no longer supported');
  if (type === mediaTypes.ociIndex || type === mediaTypes.dockerList || (Array.isArray(json.manifests) && json.layers === undefined)) {
    if (!Array.isArray(json.manifests)) throw bad('its index lists no manifests');
    return { kind: 'index', entries: json.manifests.map((entry) => descriptor(entry) as IndexEntry) };
  }
  if (json.config === undefined) throw bad(`its manifest has the media type '${type}', which is no image`);
  const layers = Array.isArray(json.layers) ? json.layers : [];
  return { kind: 'image', manifest: { config: descriptor(json.config), layers: layers.map(descriptor) } };
}

/** The entry of an index for a platform. Throws 'image-not-found' with containerd's words. */
export function selectPlatform(entries: readonly IndexEntry[], wanted: Platform): IndexEntry {
  const here = entries.filter(({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture);
  for (const variant of runnableVariants(wanted)) {
    const entry = here.find(({ platform }) => normalVariant(wanted.architecture, platform?.variant) === variant);
    if (entry) return entry;
  }
  if (entries.length === 1 && entries[0]!.platform === undefined) return entries[0]!;
  const name = [wanted.os, wanted.architecture, ...(wanted.variant ? [wanted.variant] : [])].join('/');
  throw new RuntimeError('image-not-found', `no match for platform in manifest: ${name} not found`);
}

/** What the architecture means when no variant is named: containerd's platforms, `normalizeArch`. */
const plainVariants: Readonly<Record<string, string>> = { amd64: 'v1', arm: 'v7', arm64: 'v8' };

const lowestVariants: Readonly<Record<string, number>> = { amd64: 1, arm: 5, arm64: 8 };

function normalVariant(architecture: string, variant: string | undefined): string {
  return variant || (lookUp(plainVariants, architecture) ?? '');
}

/** The best first: a processor runs what was made for an older one (containerd's platforms, `platformVector`). */
function runnableVariants({ architecture, variant }: Platform): string[] {
  const wanted = normalVariant(architecture, variant);
  const lowest = lookUp(lowestVariants, architecture);
  const level = /^v(\d{1,2})$/.exec(wanted)?.[1];
  if (lowest === undefined || level === undefined) return [wanted];
  return Array.from({ length: Math.max(1, Number(level) - lowest + 1) }, (_, i) => `v${Number(level) - i}`);
}

/** As many as one mount takes beside its other options, which a page bounds (mount(2)); Docker's limit, in whose words, is 125. */
export const layerLimit = 140;

/** Throws 'bad-image' when config and manifest do not belong together. */
export function parseConfig(bytes: Buffer, manifest: ImageManifest): ImageConfig {
  const config = parseJson(bytes, 'config') as ImageConfig;
  const diffIds = config.rootfs?.diff_ids;
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id))) throw bad('its config lists no diff_ids');
  if (diffIds.length !== manifest.layers.length) {
    throw bad(`its config lists ${diffIds.length} layers, its manifest ${manifest.layers.length}`);
  }
  if (new Set(diffIds).size > layerLimit) throw bad(`max depth exceeded: it has more than ${layerLimit} layers`);
  demandKinds(config, { os: isText, architecture: isText, config: isRecord, history: isListOf(isRecord) });
  demandKinds(config.config ?? {}, runKinds, 'config.');
  return config;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isRecord: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isRecordOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value as object).every(check);

/** OCI image-spec, config.md, and what Docker adds. */
const runKinds: Readonly<Record<keyof NonNullable<ImageConfig['config']>, Check>> = {
  User: isText,
  Env: isListOf(isText),
  Entrypoint: isListOf(isText),
  Cmd: isListOf(isText),
  WorkingDir: isText,
  Volumes: isRecord,
  ExposedPorts: isRecord,
  Labels: isRecordOf(isText),
  StopSignal: isText,
  Healthcheck: isRecord,
  Shell: isListOf(isText),
  OnBuild: isListOf(isText),
};

/** Go, which writes most configs, writes null for what is not there. */
function demandKinds(of: object, kinds: Readonly<Record<string, Check>>, prefix = ''): void {
  const values = new Map<string, unknown>(Object.entries(of));
  for (const [name, check] of Object.entries(kinds)) {
    const value = values.get(name) ?? undefined;
    if (value !== undefined && !check(value)) throw bad(`its config has no valid ${prefix}${name}`);
  }
}

function parseJson(bytes: Buffer, what: string): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (err) {
    throw new RuntimeError('bad-image', `invalid image: its ${what} is not JSON`, { cause: err });
  }
  throw bad(`its ${what} is no JSON object`);
}

function descriptor(value: unknown): BlobDescriptor {
  const candidate = value as Partial<BlobDescriptor> | null;
  if (typeof candidate?.digest !== 'string' || !isDigest(candidate.digest)) throw bad('a descriptor has no sha256 digest');
  if (typeof candidate.size !== 'number' || !Number.isSafeInteger(candidate.size) || candidate.size < 0)
    throw bad('a descriptor has no valid size');
  if (candidate.urls !== undefined && !(isListOf(isText)(candidate.urls) || candidate.urls === null))
    throw bad('a descriptor has no valid urls');
  return { ...candidate, mediaType: candidate.mediaType ?? '' } as BlobDescriptor;
}

function bad(reason: string): RuntimeError {
  return new RuntimeError('bad-image', `invalid image: ${reason}`);
}
