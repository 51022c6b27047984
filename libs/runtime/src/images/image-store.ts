import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Digest, Random } from '#base';
import type { Logger } from '#telemetry';
import { ContentStore } from '../content/content-store.ts';
import { SyncJournal } from '../content/sync-journal.ts';
import { RuntimeError } from '../contract.ts';
import type { Image, ImageService, RegistryCredentials } from '../images.contract.ts';
import type { Neighbours, SharedBlob } from '../neighbours.contract.ts';
import type { RegistryAccess } from '../registry.contract.ts';
import { asRuntimeError, LayerStore } from '../layers/layer-store.ts';
import type { UnpackLimits } from '../layers/unpack-limits.ts';
import { type DestinationRules, Destinations } from '../registry-client/destinations.ts';
import { HttpClient } from '../registry-client/http.ts';
import type { Mirrors } from '../registry-client/endpoints.ts';
import { type ImageReference, nameOf, parseReference } from '../registry-client/reference.ts';
import { collectGarbage } from './garbage.ts';
import { type ImageRecord, ImageRecords } from './image-records.ts';
import { LayerBlobs } from './layer-blobs.ts';
import { Leases } from './leases.ts';
import { hostPlatform, parseConfig, parseDocument } from './manifest.ts';
import { pullImage, type PullOptions } from './pull.ts';
import { pushImage } from './push.ts';
import { StoreRegistryAccess } from './registry-access.ts';
import { recoverImages } from './recovery.ts';
import { SharedProgress } from './shared-progress.ts';
import { SingleFlight } from './single-flight.ts';

export interface ImageStoreOptions {
  rootDir: string;
  mirrors?: Mirrors;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** diffIDs that snapshots are mounted on. */
  layersInUse?: () => Promise<readonly Digest[]>;
  /** For a registry's `host:port`, when a call brings none of its own. */
  credentialsFor?: CredentialsFor;
  destinations?: DestinationRules;
  limits?: UnpackLimits;
  /** Asked for layers before the registry. */
  neighbours?: Neighbours;
  /** Of this start of the machine; another one than before: it went down meanwhile. */
  bootId?: string;
}

/** undefined: none are known for that registry. */
export type CredentialsFor = (host: string) => RegistryCredentials | undefined;

type ImageContents = Omit<Image, 'names' | 'repoDigests'>;

/** Images of one directory: blobs, unpacked layers, names. */
export class ImageStore implements ImageService {
  private readonly journal: SyncJournal;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly records: ImageRecords;
  readonly blobs: LayerBlobs;
  readonly leases = new Leases();
  private readonly pulls = new SingleFlight<string, Image>();
  /** By manifest: it never changes, and every container's start asks for it. */
  private readonly contents = new Map<Digest, ImageContents>();
  private readonly layerFlights = new SingleFlight<string, void>();
  private readonly progress = new SharedProgress();
  private readonly layerProgress = new SharedProgress();
  private readonly http: HttpClient;

  constructor(private readonly options: ImageStoreOptions) {
    this.journal = new SyncJournal(options.rootDir, options.bootId);
    this.content = new ContentStore(options.rootDir, options.random, this.journal);
    this.layers = new LayerStore(join(options.rootDir, 'layers'), options.random, this.journal, options.limits);
    this.blobs = new LayerBlobs(this.content, this.layers);
    this.http = new HttpClient(new Destinations(options.destinations));
    this.records = new ImageRecords(options.rootDir);
  }

  async open(): Promise<void> {
    await mkdir(this.options.rootDir, { recursive: true, mode: 0o700 });
    await Promise.all([this.content.open(this.options.clock.now()), this.layers.open(), this.records.open()]);
    const spoiltSinceMs = await this.journal.open();
    if (spoiltSinceMs === undefined) return;
    await recoverImages({ content: this.content, layers: this.layers, records: this.records, logger: this.options.logger }, spoiltSinceMs);
    await this.journal.recovered();
  }

  async sync(): Promise<void> {
    await this.journal.sync();
  }

  /** Calls for the same name share a pull when they come under the same user name; each gives up by its own signal alone. */
  async pull(reference: string, options: PullOptions = {}): Promise<Image> {
    const parsed = parseReference(reference);
    options.signal?.throwIfAborted();
    const { os, architecture, variant } = options.platform ?? hostPlatform;
    const key = [nameOf(parsed), parsed.digest, options.credentials?.username, os, architecture, variant, options.unnamed].join(' ');
    return this.progress.listen(key, options.onProgress, (onProgress) =>
      this.pulls.run(key, () => this.pullOnce(parsed, { ...options, onProgress }), options.signal),
    );
  }

  private async pullOnce(parsed: ImageReference, options: PullOptions): Promise<Image> {
    try {
      const { clock, logger } = this.options;
      const startedMs = clock.monotonicMs();
      const { content, layers, leases, layerFlights, layerProgress, http } = this;
      const mirrors = this.options.mirrors ?? new Map<string, string>();
      const { neighbours } = this.options;
      const keep = (record: ImageRecord): Promise<ImageRecord> => this.records.put(record);
      const parts = { content, layers, leases, layerFlights, layerProgress, http, mirrors, clock };
      const image = await this.describe(await pullImage({ ...parts, keep, neighbours }, parsed, this.withCredentials(parsed, options)));
      logger.info({ image: nameOf(parsed), id: image.id, durationMs: Math.round(clock.monotonicMs() - startedMs) }, 'image pulled');
      return image;
    } catch (err) {
      throw asRuntimeError(err);
    }
  }

  /** What registries are asked beside pulls and pushes. */
  get registries(): RegistryAccess {
    const { http } = this;
    const { mirrors = new Map<string, string>(), clock, credentialsFor } = this.options;
    return new StoreRegistryAccess({ http, mirrors, clock, credentialsFor });
  }

  async get(reference: string): Promise<Image | undefined> {
    const record = this.records.find(reference);
    return record && this.describe(record);
  }

  list(): Promise<Image[]> {
    return Promise.all(this.records.list().map((record) => this.describe(record)));
  }

  /** Idempotent. Without a name an image goes with the next `collectGarbage`. */
  async remove(reference: string): Promise<void> {
    await this.records.remove(reference);
  }

  async push(reference: string, options: Parameters<ImageService['push']>[1] = {}): ReturnType<ImageService['push']> {
    const record = this.demand(reference);
    const parsed = parseReference(reference);
    const { content, blobs, leases, records, http } = this;
    const parts = {
      content,
      blobs,
      leases,
      records,
      http,
      mirrors: this.options.mirrors ?? new Map<string, string>(),
      clock: this.options.clock,
    };
    return pushImage(parts, record, parsed, this.withCredentials(parsed, options));
  }

  /** Throws 'invalid-image-name' for a target with a digest, and 'image-not-found'. A target that another image has moves. */
  async tag(source: string, target: string): Promise<void> {
    const parsed = parseReference(target);
    if (parsed.digest) throw new RuntimeError('invalid-image-name', `refusing to create a tag with a digest reference: ${target}`);
    await this.records.put({ ...this.demand(source), names: [nameOf(parsed)] });
  }

  async pin(id: Digest): Promise<void> {
    await this.records.put({ ...this.demand(id), names: [], repoDigests: [], pinned: true });
  }

  /**
   * A layer for another node of the cluster: of images that anybody may have, which is what was pulled without a password. undefined for all
   * else, whether it is here or not.
   */
  async shared(digest: Digest): Promise<SharedBlob | undefined> {
    const sizeBytes = await this.content.size(digest);
    if (sizeBytes === undefined) return undefined;
    for (const { manifest, manifestType, isPublic } of this.records.list()) {
      const document = isPublic && parseDocument(await this.content.read(manifest), manifestType);
      const layers = document && document.kind === 'image' ? document.manifest.layers : [];
      if (layers.some((layer) => layer.digest === digest)) return { sizeBytes, read: (from) => this.content.stream(digest, from) };
    }
    return undefined;
  }

  collectGarbage(): Promise<{ removedBytes: number }> {
    const { content, layers, records, leases } = this;
    this.contents.clear();
    return collectGarbage({ content, layers, records, leases, layersInUse: this.options.layersInUse ?? (async () => []) });
  }

  /** Of a record whose blobs are here. */
  async describe(record: ImageRecord): Promise<Image> {
    const contents = this.contents.get(record.manifest) ?? (await this.readContents(record));
    this.contents.set(record.manifest, contents);
    const { names, repoDigests, pinned } = record;
    return { ...contents, names: [...names], repoDigests: [...repoDigests], ...(pinned && { pinned }) };
  }

  private async readContents(record: ImageRecord): Promise<ImageContents> {
    const document = parseDocument(await this.content.read(record.manifest), record.manifestType);
    if (document.kind !== 'image') throw new RuntimeError('bad-image', `${record.id} has no image manifest`);
    const config = parseConfig(await this.content.read(record.id), document.manifest);
    const { layers, config: blob } = document.manifest;
    return {
      id: record.id,
      config,
      diffIds: config.rootfs.diff_ids,
      sizeBytes: layers.reduce((sum, { size }) => sum + size, blob.size),
    };
  }

  private withCredentials<O extends { credentials?: RegistryCredentials }>({ host }: ImageReference, options: O): O {
    return { ...options, credentials: options.credentials ?? this.options.credentialsFor?.(host) };
  }

  private demand(reference: string): ImageRecord {
    const record = this.records.find(reference);
    if (!record) throw new RuntimeError('image-not-found', `No such image: ${reference}`);
    return record;
  }
}
