import { type BlobDigest, type Descriptor, RegistryError } from '../contract.ts';
import { isBlobDigest } from '../names.ts';

export const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';
export const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
export const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';

const images = new Set([ociManifest, dockerManifest]);
const indexes = new Set([ociIndex, dockerList]);

/** What the registry reads out of a manifest. Everything else is kept byte for byte and not interpreted. */
export interface ManifestDocument {
  mediaType: string;
  /** Must be shown by the repository. Layers with `urls` live elsewhere (non-distributable layers) and are left out. */
  blobs: BlobDigest[];
  /** Manifests that an index names. */
  manifests: BlobDigest[];
  subject?: BlobDigest;
  artifactType?: string;
  annotations?: Record<string, string>;
}

type Json = Record<string, unknown>;

/**
 * Throws MANIFEST_INVALID with what is wrong. The media type is that of `contentType`, which a `mediaType` inside must not contradict, else
 * that of the document, else the one that its form suggests.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ManifestDocument {
  const document = parseJson(bytes);
  const declared = typeof document.mediaType === 'string' ? document.mediaType : undefined;
  const header = contentType?.split(';')[0]?.trim().toLowerCase();
  // Clients that do not care send a type that says nothing.
  const given = header && header !== 'application/json' && header !== 'application/octet-stream' ? header : undefined;
  if (given && declared && given !== declared.toLowerCase()) {
    throw invalid(`mediaType in manifest should be '${given}' not '${declared}'`);
  }
  const mediaType = given ?? declared ?? guess(document);
  if (document.schemaVersion !== 2)
    throw invalid(`unsupported manifest schema version ${JSON.stringify(document.schemaVersion) ?? 'missing'}`);
  if (!images.has(mediaType) && !indexes.has(mediaType)) throw invalid(`unsupported manifest media type '${mediaType}'`);
  const subject = document.subject === undefined ? undefined : descriptor(document.subject, 'subject').digest;
  return { mediaType, ...references(document, mediaType), subject, ...artifact(document), annotations: annotationsOf(document) };
}

function references(document: Json, mediaType: string): Pick<ManifestDocument, 'blobs' | 'manifests'> {
  if (indexes.has(mediaType)) {
    const manifests = list(document.manifests, 'manifests').map((entry, i) => descriptor(entry, `manifests[${i}]`).digest);
    return { blobs: [], manifests };
  }
  const config = descriptor(document.config, 'config');
  const layers = list(document.layers, 'layers').map((entry, i) => descriptor(entry, `layers[${i}]`));
  return { blobs: [config, ...layers.filter((layer) => !layer.urls?.length)].map(({ digest }) => digest), manifests: [] };
}

/** OCI distribution-spec, "Listing Referrers": without an artifactType of its own a manifest has that of its config. */
function artifact(document: Json): Pick<ManifestDocument, 'artifactType'> {
  if (typeof document.artifactType === 'string' && document.artifactType) return { artifactType: document.artifactType };
  const config = document.config as Json | undefined;
  return typeof config?.mediaType === 'string' ? { artifactType: config.mediaType } : {};
}

function annotationsOf(document: Json): Record<string, string> | undefined {
  const { annotations } = document;
  return annotations && typeof annotations === 'object' ? (annotations as Record<string, string>) : undefined;
}

function guess(document: Json): string {
  return Array.isArray(document.manifests) ? ociIndex : ociManifest;
}

function parseJson(bytes: Uint8Array): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (err) {
    throw invalid(`not JSON: ${err instanceof Error ? err.message : String(err)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('not a JSON object');
  return value as Json;
}

function list(value: unknown, field: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`${field} is not a list`);
  return value;
}

function descriptor(value: unknown, field: string): Descriptor {
  const candidate = value as Partial<Descriptor> | null | undefined;
  if (!candidate || typeof candidate !== 'object') throw invalid(`${field} is not a descriptor`);
  if (typeof candidate.digest !== 'string' || !isBlobDigest(candidate.digest)) throw invalid(`${field} has no valid digest`);
  if (typeof candidate.size !== 'number' || !Number.isSafeInteger(candidate.size) || candidate.size < 0) {
    throw invalid(`${field} has no valid size`);
  }
  if (typeof candidate.mediaType !== 'string') throw invalid(`${field} has no media type`);
  return candidate as Descriptor;
}

function invalid(reason: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', 'manifest invalid', { detail: reason });
}
