import { hostname } from 'node:os';
import { type BeforeApplicationShutdown, type DynamicModule, Inject, Injectable, Module } from '@nestjs/common';
import { systemClock, systemRandom } from '#base';
import { createEventRecorder, delegatedAuthorizer, grpcApi, Informers, LeaderElection } from '#client';
import { Scheduler, schedulerName } from '#scheduler';
import { createRegistry, type Logger, serveOps } from '#telemetry';
import type { SchedulerConfig } from './config.ts';

const CONFIG = 'SchedulerConfig';
const LOGGER = 'Logger';

/** Schedules while it holds the lease `kube-system/kube-scheduler`; ends the process when the lease is lost, so that two never act. */
@Injectable()
export class SchedulerProcess implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private stopped: () => Promise<void> = async () => undefined;

  constructor(
    @Inject(CONFIG) private readonly config: SchedulerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const { config, logger } = this;
    const api = grpcApi({ servers: config.servers, ...config.tls, logger });
    const events = createEventRecorder({ api, logger, component: schedulerName });
    const registry = createRegistry();
    const informers = new Informers({ api, clock: systemClock, logger });
    const scheduler = new Scheduler({ api, informers, events, clock: systemClock, random: systemRandom, registry, logger });
    const election = new LeaderElection({
      api,
      clock: systemClock,
      random: systemRandom,
      logger,
      events,
      namespace: 'kube-system',
      name: 'kube-scheduler',
      identity: config.electionIdentity ?? `${hostname()}_${systemRandom.uuid()}`,
    });
    const authorize = delegatedAuthorizer(api);
    const ops = await serveOps({ hosts: config.bindAddresses, port: config.port, tls: config.tls, registry, authorize });
    informers.start(); // a standby keeps its caches warm
    const term = election.run((leading) => scheduler.run(leading), this.stopping.signal);
    this.stopped = async () => {
      await term;
      await informers.stop();
      await events.close();
      await ops.close();
      api.close();
    };
    if ((await term) === 'lost') process.exit(1);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.stopped();
  }
}

@Module({})
export class AppModule {
  static with(config: SchedulerConfig, logger: Logger): DynamicModule {
    const given = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
    ];
    return { module: AppModule, providers: [...given, SchedulerProcess] };
  }
}
