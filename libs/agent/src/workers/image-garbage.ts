import type { Node } from '#api/types';
import type { Clock } from '#base';
import type { EventRecorder } from '#client/contract';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { Image, ImageService } from '#runtime/images.contract';
import type { Logger } from '#telemetry';
import type { NodeSettings } from '../node-settings.ts';
import type { Level } from '../pressure-plan.ts';
import type { Worker } from './worker.ts';

/** The kubelet's `ImageGCPeriod`. */
const LOOK_MS = 300_000;

export interface ImageGarbageOptions {
  images: Pick<ImageService, 'list' | 'remove' | 'collectGarbage'>;
  runtime: Pick<ContainerRuntime, 'list'>;
  /** Ids of images that are volumes of pods. */
  mountedImages: () => readonly string[];
  clock: Clock;
  logger: Logger;
  settings: NodeSettings['imageGc'];
  /** Of the file system that holds the images. */
  readDisk: () => Promise<Level>;
  events: EventRecorder;
  node: () => Node | undefined;
}

/** By the monotonic clock. `lastUsedMs` is -Infinity for an image that no container was seen to use. */
interface Use {
  firstSeenMs: number;
  lastUsedMs: number;
}

/**
 * Deletes images that no container of this node uses (Kubernetes, "Garbage collection of unused containers and images"): above the high
 * threshold of the disk, those that were used longest ago, down to the low one; and those that nobody has used for a maximum age. What people
 * keep by hand, or have containers of, is pinned and stays.
 */
export class ImageGarbage implements Worker {
  readonly name = 'image-garbage';
  /** By image id. */
  private readonly uses = new Map<string, Use>();
  private readonly beganMs: number;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ImageGarbageOptions) {
    this.beganMs = options.clock.monotonicMs();
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.guarded(() => this.detect(-Infinity)); // what is here already has been here long enough
    for await (const _ of this.options.clock.every(LOOK_MS, signal)) await this.guarded(() => this.look());
  }

  /** All that may go, when the disk is short. Answers the bytes that this freed. */
  freeAll(): Promise<number> {
    return this.alone(async () => {
      await this.detect(this.options.clock.monotonicMs());
      return this.free(Infinity);
    });
  }

  private guarded(task: () => Promise<unknown>): Promise<unknown> {
    return this.alone(task).catch((err: unknown) => this.options.logger.warn({ err }, 'images could not be collected'));
  }

  /** Two at once would count the same bytes twice. */
  private alone<T>(task: () => Promise<T>): Promise<T> {
    const run = this.running.catch(() => undefined).then(task); // its failure is its caller's
    this.running = run;
    return run;
  }

  private async look(): Promise<void> {
    const { settings, clock, readDisk, events } = this.options;
    const nowMs = clock.monotonicMs();
    await this.detect(nowMs);
    if (settings.maximumAgeMs > 0) {
      // What was used before this agent began is not known: the age counts from then at the earliest.
      const isOld = ({ lastUsedMs, firstSeenMs }: Use): boolean =>
        nowMs - Math.max(lastUsedMs, firstSeenMs, this.beganMs) > settings.maximumAgeMs;
      await this.free(Infinity, isOld);
    }
    const { available, capacity } = await readDisk();
    const usedPercent = Math.floor(100 - (available * 100) / capacity);
    if (usedPercent < settings.highPercent) return;
    const wanted = (capacity * (100 - settings.lowPercent)) / 100 - available;
    const freed = await this.free(wanted);
    if (freed >= wanted) return;
    const node = this.options.node();
    const message = `Failed to garbage collect required amount of images. Attempted to free ${Math.ceil(wanted)} bytes, but only found ${freed} bytes eligible to free.`;
    this.options.logger.warn({ usedPercent, wanted, freed }, 'too few images could be deleted');
    if (node) events.event(node, { type: 'Warning', reason: 'FreeDiskSpaceFailed', message });
  }

  /** Takes note of what is here and who uses it. */
  private async detect(newSinceMs: number): Promise<void> {
    const nowMs = this.options.clock.monotonicMs();
    const [images, containers] = await Promise.all([this.options.images.list(), this.options.runtime.list()]);
    const used = new Set<string>([...containers.map(({ imageId }) => imageId), ...this.options.mountedImages()]);
    const present = new Set<string>(images.map(({ id }) => id));
    for (const id of this.uses.keys()) if (!present.has(id)) this.uses.delete(id);
    for (const id of present) {
      const use = this.uses.get(id) ?? { firstSeenMs: newSinceMs, lastUsedMs: -Infinity };
      this.uses.set(id, used.has(id) ? { ...use, lastUsedMs: nowMs } : use);
    }
  }

  /** Those that were used longest ago first, until as many bytes as wanted are free. */
  private async free(wantedBytes: number, may: (use: Use) => boolean = () => true): Promise<number> {
    const { images, clock, settings, logger } = this.options;
    const nowMs = clock.monotonicMs();
    const containers = await this.options.runtime.list();
    const inUse = new Set<string>([...containers.map(({ imageId }) => imageId), ...this.options.mountedImages()]);
    const useOf = ({ id }: Image): Use => this.uses.get(id) ?? { firstSeenMs: nowMs, lastUsedMs: nowMs };
    const eligible = (await images.list())
      .filter(
        (image) => !inUse.has(image.id) && !image.pinned && nowMs - useOf(image).firstSeenMs >= settings.minimumAgeMs && may(useOf(image)),
      )
      .toSorted((a, b) => useOf(a).lastUsedMs - useOf(b).lastUsedMs || useOf(a).firstSeenMs - useOf(b).firstSeenMs || 0);
    let freed = 0;
    for (const image of eligible) {
      if (freed >= wantedBytes) break;
      await images.remove(image.id);
      this.uses.delete(image.id);
      const { removedBytes } = await images.collectGarbage();
      freed += removedBytes;
      logger.info({ image: image.names[0] ?? image.id, removedBytes }, 'an image that nobody uses was deleted');
    }
    return freed;
  }
}
