import { hostname } from 'node:os';
import { type BeforeApplicationShutdown, type DynamicModule, Inject, Injectable, Module } from '@nestjs/common';
import { systemClock, systemRandom } from '#base';
import {
  type Api,
  coalesceWrites,
  delegatedAuthorizer,
  EventSink,
  FollowedKinds,
  grpcApi,
  Informers,
  type KindSource,
  type RawReader,
  LeaderElection,
  metadataOnly,
  sharedWith,
  syncedBefore,
} from '#client';
import { ActionLog, type ControllerContext, WorkQueueMetrics } from '#controller-runtime';
import { controllers } from '#controllers';
import { createRegistry, type Logger, serveOps } from '#telemetry';
import type { ControllerManagerConfig } from './config.ts';

const CONFIG = 'ControllerManagerConfig';
const LOGGER = 'Logger';

/** Runs every controller while it holds the lease `kube-system/kube-controller-manager`; a standby keeps no caches. */
@Injectable()
export class ControllerManager implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private stopped: () => Promise<void> = async () => undefined;

  constructor(
    @Inject(CONFIG) private readonly config: ControllerManagerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const { config, logger } = this;
    const connection = grpcApi({ servers: config.servers, ...config.tls, logger });
    const api = coalesceWrites(connection);
    const registry = createRegistry();
    const metrics = new WorkQueueMetrics(registry);
    const events = new EventSink({ api, logger });
    const election = new LeaderElection({
      api,
      clock: systemClock,
      random: systemRandom,
      logger,
      events: events.recorder('controller-manager'),
      namespace: 'kube-system',
      name: 'kube-controller-manager',
      identity: config.electionIdentity ?? `${hostname()}_${systemRandom.uuid()}`,
    });
    const authorize = delegatedAuthorizer(connection);
    const ops = await serveOps({ hosts: config.bindAddresses, port: config.port, tls: config.tls, registry, authorize });
    const term = election.run((leading) => this.lead({ api, source: connection, events, metrics }, leading), this.stopping.signal);
    this.stopped = async () => {
      await term;
      await events.close();
      await ops.close();
      connection.close();
    };
    if ((await term) === 'lost') process.exit(1);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.stopped();
  }

  private async lead(
    { api, source, events, metrics }: { api: Api; source: KindSource & RawReader; events: EventSink; metrics: WorkQueueMetrics },
    leading: AbortSignal,
  ): Promise<void> {
    const { config, logger } = this;
    const common = { api, clock: systemClock, logger };
    const informers = new Informers(common);
    const metadata = new Informers({ ...common, transform: metadataOnly });
    const kinds = new FollowedKinds({ source, clock: systemClock, logger });
    const following = kinds.run(leading);
    // What works on objects of every kind begins with all of them: of an owner that nobody reads, no dependent waits.
    if (!(await syncedBefore(leading, [kinds]))) return following;
    const caches = { informers, metadata: sharedWith(informers, metadata), kinds };
    const context: ControllerContext = { ...common, ...caches, events, metrics, actionLog: new ActionLog() };
    const running = controllers(context, {
      rootCa: config.rootCa,
      ...(config.serviceAccountKey && { serviceAccountKey: config.serviceAccountKey }),
      ...(config.signing && { signing: config.signing }),
      clusterCidrs: config.clusterCidrs,
      loadBalancerCidrs: config.loadBalancerCidrs,
      autoscaler: { reader: source, settings: config.autoscaler },
      nodeLifecycle: { monitorMs: config.nodeMonitorGraceMs },
    });
    informers.start();
    metadata.start();
    await Promise.all(running.map((controller) => controller.run(leading)));
    await Promise.all([informers.stop(), metadata.stop(), following]);
  }
}

@Module({})
export class AppModule {
  static with(config: ControllerManagerConfig, logger: Logger): DynamicModule {
    const given = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
    ];
    return { module: AppModule, providers: [...given, ControllerManager] };
  }
}
