import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import type { OciRegistry } from './registry.ts';

export interface GarbageSchedule {
  registry: Pick<OciRegistry, 'collectGarbage'>;
  intervalMs: number;
  /** Blobs that have been touched within this time stay. */
  graceMs: number;
  clock: Clock;
  logger: Logger;
}

/** A registry that is started again often collects too: the first run does not wait for a long interval. */
const FIRST_MS = 600_000;

/** Collects garbage beside the serving registry. Resolves when `signal` aborts and the run under way is over. */
export async function collectInIntervals(schedule: GarbageSchedule, signal: AbortSignal): Promise<void> {
  const { registry, intervalMs, graceMs, clock, logger } = schedule;
  for (let waitMs = Math.min(FIRST_MS, intervalMs); ; waitMs = intervalMs) {
    await clock.sleep(waitMs, signal).catch(() => undefined); // ends early only when the signal aborts
    if (signal.aborted) return;
    try {
      const { removedBlobs, ...report } = await registry.collectGarbage({ graceMs });
      logger.info({ ...report, removedBlobs: removedBlobs.length }, 'garbage collected');
    } catch (err) {
      logger.error({ err }, 'garbage could not be collected');
    }
  }
}
