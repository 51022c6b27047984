import type { Clock } from '#base';
import type { ImageService } from '#runtime/images.contract';
import type { Logger } from '#telemetry';

/** The kernel writes what is older than this by itself (dirty_expire_centisecs), so that little is left to wait for. */
const SYNC_MS = 30_000;

/** Sees to it that images outlive the machine's going down. Resolves when `signal` aborts. */
export async function syncImages(
  { images, clock, logger }: { images: Pick<ImageService, 'sync'>; clock: Clock; logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of clock.every(SYNC_MS, signal))
    await images.sync().catch((err: unknown) => logger.warn({ err }, 'images could not be written to disk'));
}
