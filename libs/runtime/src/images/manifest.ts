import { arch } from 'node:process';
import { type Digest, isDigest } from '#base';
import { RuntimeError } from '../contract.ts';
import type { ImageConfig } from '../images.contract.ts';

export interface BlobDescriptor {
  mediaType: string;
  digest: Digest;
  size: number;
}

/** OCI image-spec, manifest.md; Docker's schema 2 says the same under other names. */
export interface ImageManifest {
  config: BlobDescriptor;
  layers: BlobDescriptor[];
}

/** OCI image-spec, image-index.md. */
export interface IndexEntry extends BlobDescriptor {
  platform?: { os?: string; architecture?: string; variant?: string };
}

/** By GOOS and GOARCH names. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** OCI image-spec, media-types.md, and those of Docker's schema 2. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
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

/** The entry of an index for a platform. Throws 'image-not-found' with Docker's words. */
export function selectPlatform(entries: readonly IndexEntry[], wanted: Platform): IndexEntry {
  const fitting = entries.filter(({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture);
  const exact = fitting.find(({ platform }) => (platform?.variant ?? undefined) === wanted.variant) ?? fitting[0];
  const unmarked = entries.length === 1 && entries[0]?.platform === undefined ? entries[0] : undefined;
  const chosen = exact ?? unmarked;
  if (!chosen)
    throw new RuntimeError('image-not-found', `no match for platform in manifest: ${wanted.os}/${wanted.architecture} not found`);
  return chosen;
}

/** Throws 'bad-image' when config and manifest do not belong together. */
export function parseConfig(bytes: Buffer, manifest: ImageManifest): ImageConfig {
  const config = parseJson(bytes, 'config') as ImageConfig;
  const diffIds = config.rootfs?.diff_ids;
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id))) throw bad('its config lists no diff_ids');
  if (diffIds.length !== manifest.layers.length) {
    throw bad(`its config lists ${diffIds.length} layers, its manifest ${manifest.layers.length}`);
  }
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
  return { ...candidate, mediaType: candidate.mediaType ?? '' } as BlobDescriptor;
}

function bad(reason: string): RuntimeError {
  return new RuntimeError('bad-image', `invalid image: ${reason}`);
}
