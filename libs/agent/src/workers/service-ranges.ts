import type { ServiceCIDR } from '#api/types';
import type { Clock } from '#base';
import type { Informer } from '#client/contract';
import type { Logger } from '#telemetry';
import { Repeated } from './network-tables.ts';

export interface ServiceRangesOptions {
  clock: Clock;
  logger: Logger;
  cidrs: Informer<ServiceCIDR>;
  /** Routes these ranges to the services, beside those that the node began with, and no others. */
  apply: (cidrs: readonly string[]) => Promise<void>;
}

/** Keeps the node's routes and tables at what services have addresses of: also of a ServiceCIDR that is going, as long as it is there. */
export class ServiceRanges {
  private readonly ranges: Repeated;
  private applied = '';
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly options: ServiceRangesOptions) {
    this.ranges = new Repeated(() => this.apply(), options.logger, options.clock);
  }

  async start(): Promise<void> {
    const { cidrs } = this.options;
    await cidrs.synced();
    this.unsubscribe = cidrs.onChange(() => void this.ranges.again());
    await this.ranges.again();
  }

  stop(): void {
    this.unsubscribe?.();
  }

  private async apply(): Promise<void> {
    const wanted = [...new Set(this.options.cidrs.list().flatMap(({ spec }) => spec?.cidrs ?? []))].toSorted((a, b) => (a < b ? -1 : 1));
    // Most changes are of a status.
    if (wanted.join() === this.applied) return;
    await this.options.apply(wanted);
    this.applied = wanted.join();
  }
}
