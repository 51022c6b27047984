/*
 * An OCI registry on disk.
 *
 * Terms (OCI distribution-spec v1.1 spells them so)
 *  - **repository**: the namespace that tags, manifests and blobs are seen through. Bytes are stored once, whatever repositories show them.
 *  - **blob**: bytes named by their digest. A repository shows a blob when it was uploaded or mounted there.
 *  - **manifest**: a JSON document that names blobs or other manifests; stored by digest, found by digest or tag.
 *  - **referrer**: a manifest whose `subject` is another manifest.
 *  - **upload session**: a blob that is on its way in; nobody sees it until its digest has been proven.
 */

/** OCI distribution-spec, "Error Codes", and `RANGE_INVALID`, which clients know from the Docker registry. */
export type RegistryErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'RANGE_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNKNOWN';

/** What a client did wrong, or asked for in vain. Anything else that is thrown is a fault of ours: 500. */
export class RegistryError extends Error {
  constructor(
    readonly code: RegistryErrorCode,
    message: string,
    readonly options: { status?: number; detail?: unknown; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'RegistryError';
  }
}

/** `algorithm:hex` of one of the two algorithms that the image-spec registers. */
export type BlobDigest = `sha256:${string}` | `sha512:${string}`;

/** OCI image-spec, descriptor.md. */
export interface Descriptor {
  mediaType: string;
  digest: BlobDigest;
  size: number;
  urls?: string[];
  annotations?: Record<string, string>;
  artifactType?: string;
}

export interface StoredManifest {
  mediaType: string;
  digest: BlobDigest;
  bytes: Buffer;
}

export interface GarbageReport {
  /** Digests that no manifest of any repository names and that nobody has touched for the grace period. */
  removedBlobs: BlobDigest[];
  removedUploads: number;
  /** By rules of retention. */
  removedTags: number;
  removedManifests: number;
  /** What the removed blobs had. */
  freedBytes: number;
  /** Named by a manifest, or touched within the grace period. */
  keptBlobs: number;
}
