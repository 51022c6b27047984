import { type Clock, withTimeLimit } from '#base';
import type { Logger } from '#telemetry';
import { type BlobDigest, RegistryError, type StoredManifest } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { isBlobDigest } from '../names.ts';
import type { MirrorSettings } from '../settings/mirrors.ts';
import type { BlobSource, BlobStore } from '../storage/blobs.ts';
import type { Manifests } from '../storage/manifests.ts';
import type { Uploads } from '../storage/uploads.ts';
import { BlobFetch, type BlobToFetch } from './blob-fetch.ts';
import { type Upstream, UpstreamError } from './upstream.ts';

/** Of a tag, unless the settings say otherwise. */
const tagsForMs = 300_000;
/** A client that waits for an upstream that is down is better served with what is here. */
const answerMs = 10_000;
/** An upstream that was not there is not asked again for so long, where there is something to serve without it. */
const downMs = 30_000;

export interface MirrorParts {
  driver: StorageDriver;
  blobs: BlobStore;
  manifests: Manifests;
  uploads: Uploads;
  clock: Clock;
  logger: Logger;
}

/**
 * Another registry's repositories, fetched when they are asked for. What is asked for by digest is the same for ever; a tag is asked for
 * again when it has been here for a while, and served as it is when the upstream cannot tell.
 */
export class Mirror {
  private readonly blobFetches = new Map<string, Promise<BlobFetch>>();
  private readonly manifestFetches = new Map<string, Promise<void>>();
  private downUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly settings: MirrorSettings,
    private readonly upstream: Upstream,
    private readonly parts: MirrorParts,
  ) {}

  /** The upstream's name of a repository of this registry; undefined: it is not one of this mirror. */
  upstreamName(repository: string): string | undefined {
    const { prefix, repositories } = this.settings;
    const name = prefix === undefined ? repository : repository.startsWith(`${prefix}/`) ? repository.slice(prefix.length + 1) : '';
    return name !== '' && (repositories.length === 0 || repositories.some((pattern) => pattern.fits(name))) ? name : undefined;
  }

  /** Afterwards the store has the manifest as it should be served now. Throws MANIFEST_UNKNOWN, DENIED and, with 502, UNKNOWN. */
  async freshen(repository: string, reference: string): Promise<void> {
    const key = `${repository} ${reference}`;
    let fetching = this.manifestFetches.get(key);
    if (!fetching) {
      fetching = this.fetchManifest(repository, reference).finally(() => this.manifestFetches.delete(key));
      this.manifestFetches.set(key, fetching);
    }
    await fetching;
    await this.parts.manifests.touch(repository, reference);
  }

  /** Throws BLOB_UNKNOWN, DENIED and, with 502, UNKNOWN. `wanted`: HEAD asks for nothing to be fetched. */
  async blob(repository: string, digest: BlobDigest, wanted: 'bytes' | 'size'): Promise<BlobSource> {
    const { blobs } = this.parts;
    const here = await blobs.sizeIn(repository, digest);
    if (here !== undefined) return blobs.source(digest, here);
    const unknown = new RegistryError('BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });
    const name = this.upstreamName(repository)!;
    const sizeOf = (): Promise<number> => this.asking(unknown, (signal) => this.upstream.blobSize(name, digest, signal));
    const key = `${repository} ${digest}`;
    let fetching = this.blobFetches.get(key);
    if (!fetching && wanted === 'size') return { sizeBytes: await sizeOf(), send: async () => undefined };
    if (!fetching) {
      const forget = (): boolean => this.blobFetches.delete(key);
      fetching = sizeOf().then((sizeBytes) => this.fetch({ repository, digest, sizeBytes }, this.upstream.blob(name, digest), forget));
      this.blobFetches.set(key, fetching);
      fetching.catch(forget); // told to who asked
    }
    return fetching;
  }

  private fetch(blob: BlobToFetch, source: AsyncIterable<Buffer>, ended: () => void): BlobFetch {
    const { logger } = this.parts;
    const fetch = new BlobFetch(this.parts, blob, source, ended);
    fetch.done.catch((err: unknown) => logger.warn({ err, ...blob }, 'blob could not be mirrored'));
    return fetch;
  }

  private async fetchManifest(repository: string, reference: string): Promise<void> {
    const { manifests, clock, logger } = this.parts;
    const age = await manifests.ageMs(repository, reference, clock.now());
    if (age !== undefined && (isBlobDigest(reference) || age < (this.settings.tagsForMs ?? tagsForMs))) return;
    if (age !== undefined && clock.monotonicMs() < this.downUntilMs) return;
    const unknown = new RegistryError('MANIFEST_UNKNOWN', 'manifest unknown', { detail: { name: repository, reference } });
    const name = this.upstreamName(repository)!;
    let found: StoredManifest;
    try {
      found = await this.asking(unknown, (signal) => this.upstream.manifest(name, reference, signal));
    } catch (err) {
      if (err === unknown && age !== undefined) await manifests.delete(repository, reference);
      const isDown = err instanceof RegistryError && err.options.status === 502;
      if (!isDown || age === undefined) throw err;
      logger.warn({ err, repository, reference }, 'upstream cannot be asked: what is here is served');
      return;
    }
    await manifests.mirror(repository, reference, found);
  }

  private async asking<T>(unknown: RegistryError, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock } = this.parts;
    try {
      const answer = await withTimeLimit(clock, answerMs, ask);
      this.downUntilMs = Number.NEGATIVE_INFINITY;
      return answer;
    } catch (err) {
      const reason = err instanceof UpstreamError ? err.reason : 'unavailable';
      if (reason === 'unknown') throw unknown;
      if (reason === 'denied')
        throw new RegistryError('DENIED', `${this.upstream.host} refuses: ${(err as Error).message}`, { cause: err });
      this.downUntilMs = clock.monotonicMs() + downMs;
      throw new RegistryError('UNKNOWN', `${this.upstream.host} cannot be asked`, { status: 502, cause: err });
    }
  }
}
