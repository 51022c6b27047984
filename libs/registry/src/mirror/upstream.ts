import type { BlobDigest, StoredManifest } from '../contract.ts';

/** A registry that another one mirrors. Every failure is an UpstreamError. `repository` is the upstream's own name. */
export interface Upstream {
  /** What people know it by. */
  readonly host: string;
  /** By tag or digest; a digest that was asked for has been proven. */
  manifest(repository: string, reference: string, signal: AbortSignal): Promise<StoredManifest>;
  blobSize(repository: string, digest: BlobDigest, signal: AbortSignal): Promise<number>;
  /** The bytes, not proven; taken up again where a connection broke. */
  blob(repository: string, digest: BlobDigest): AsyncIterable<Buffer>;
}

/** `unknown`: there is no such thing. `denied`: not for us. `unavailable`: nobody can tell now. */
export class UpstreamError extends Error {
  constructor(
    readonly reason: 'unknown' | 'denied' | 'unavailable',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'UpstreamError';
  }
}
