import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import type { Worker } from '../workers/worker.ts';
import type { Meter, Reading } from './meter.ts';
import { type UsageOfNode, usageBetween } from './usage-plan.ts';

export interface UsageWorkerOptions {
  meter: Pick<Meter, 'read'>;
  clock: Clock;
  logger: Logger;
  resolutionMs: number;
  /** To every api-server. */
  report: (usage: UsageOfNode) => void;
}

/** Tells the control plane what the node and its pods use, as metrics-server would ask for it: once in each resolution. */
export class UsageWorker implements Worker {
  readonly name = 'usage';
  /** The last two readings, for whoever shows what was used between them. */
  readings: { before?: Reading; now?: Reading } = {};

  constructor(private readonly options: UsageWorkerOptions) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, resolutionMs, logger } = this.options;
    for await (const _ of clock.every(resolutionMs, signal)) {
      await this.look().catch((err: unknown) => logger.warn({ err }, 'what the node uses could not be read'));
    }
  }

  async look(): Promise<void> {
    const now = await this.options.meter.read();
    if (now === this.readings.now) return; // somebody asked just before
    this.readings = { before: this.readings.now, now };
    this.options.report(usageBetween(this.readings.before, now));
  }
}
