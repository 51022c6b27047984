import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { type BeforeApplicationShutdown, type DynamicModule, Inject, Injectable, Module } from '@nestjs/common';
import { Agent, BlobPort, isBlobPath, isNeighbour, NeighbourBlobs, policyFacts } from '#agent';
import type { Node } from '#api/types';
import { systemClock, systemRandom } from '#base';
import { coalesceWrites, delegatedAuthorizer, EventSink, grpcApi, Informers } from '#client';
import { resources } from '#objects';
import { readLog, volumeMounts } from '#runtime';
import { createRegistry, type Logger, type OpsServerOptions, serveOps } from '#telemetry';
import type { AgentConfig } from './config.ts';
import { type NodeEngine, openNodeEngine } from './node-engine.ts';
import { nodeNetwork } from './node-network.ts';
import { openRuntime } from './node-runtime.ts';

const CONFIG = 'AgentConfig';
const LOGGER = 'Logger';
/** As the api-server reports itself. */
const VERSION = 'v1.36.0+berth';

/** The pods of one node. Its containers outlive it. */
@Injectable()
export class AgentProcess implements BeforeApplicationShutdown {
  private agent: Agent | undefined;
  private engine: NodeEngine | undefined;
  private stopping: () => Promise<void> = async () => undefined;

  constructor(
    @Inject(CONFIG) private readonly config: AgentConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const { config, logger } = this;
    const clock = systemClock;
    const registry = createRegistry();
    const probes = new Registry();
    const connection = grpcApi({ servers: config.servers, ...config.tls, logger });
    const api = coalesceWrites(connection);
    const informers = new Informers({ api, clock, logger });
    const network = grpcApi({ servers: config.servers, ...config.tls, ...config.proxyTls, logger });
    const networkInformers = new Informers({ api: network, clock, logger });
    const policyInformers = new Informers({ api: network, clock, logger, transform: policyFacts });
    const events = new EventSink({ api, logger, clock });
    const neighbours = neighboursOf(config, networkInformers, logger);
    const { archives, registries, images, building, filesystems, snapshots, runtime } = await openRuntime(config, logger, neighbours);
    const { nodeName, nodeIps, rootDir, cgroupRoot, servers, tls, clusterDns, clusterDomain, port: kubeletPort } = config;
    const agent = (this.agent = new Agent({
      nodeName,
      nodeIps,
      rootDir,
      cgroupRoot,
      servers,
      tls,
      clusterDns,
      clusterDomain,
      settings: config.settings,
      sharedMachine: config.sharedMachine,
      kubeletPort,
      version: VERSION,
      clock,
      random: systemRandom,
      logger,
      registry,
      probes,
      api,
      informers,
      networkInformers,
      policyInformers,
      networkApi: network,
      events,
      images,
      runtime,
      mounts: volumeMounts,
      snapshots,
      logs: { read: readLog },
      // The rules of all kinds are large, and most nodes have no static pods.
      readPod: async (text) => (await import('./read-pod.ts')).readPod(text),
      network: nodeNetwork(config, logger, registry),
    }));
    const ops = await serveOps({
      hosts: config.bindAddresses,
      port: kubeletPort,
      tls,
      registry,
      ...givingBlobs(images, delegatedAuthorizer(api, { node: config.nodeName }), (request) => agent.shows(request)),
      ready: { node: () => agent.checkReady() },
      extra: shownBy(agent, probes),
    });
    const engine = (this.engine = await openNodeEngine(config, { archives, registries, images, building, filesystems, runtime }, logger));
    this.stopping = async () => {
      await engine.close();
      await agent.stop();
      await Promise.all([informers.stop(), networkInformers.stop(), policyInformers.stop()]);
      await events.close();
      await ops.close();
      await runtime.close();
      connection.close();
      network.close();
    };
    await agent.start();
  }

  /**
   * Ends the pods, within the seconds that `shutdown` in the root directory says: who sends the signal writes it before, and sees it go.
   * With `node` behind them the node alone goes down, and others are to run what it ran.
   */
  async shutDown(): Promise<void> {
    const file = join(this.config.rootDir, 'shutdown');
    const [seconds, what] = (await readFile(file, 'utf8')).trim().split(' ');
    const withinMs = Number(seconds) * 1000;
    const pods = what === 'node' ? this.agent?.shutDownForGood(withinMs) : this.agent?.shutDown(withinMs);
    await Promise.all([pods, this.engine?.shutDown(withinMs / 1000)]);
    await rm(file, { force: true });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stopping();
  }
}

/** What the node's own port shows beside `/metrics`; figures are empty while the node is starting. */
function shownBy(agent: Agent, probes: Registry): NonNullable<OpsServerOptions['extra']> {
  return {
    '/metrics/cadvisor': async () => (await agent.figures?.texts.cadvisor()) ?? '',
    '/metrics/resource': async () => (await agent.figures?.texts.resource()) ?? '',
    '/metrics/probes': () => probes.metrics(),
    '/metrics/ingress': () => agent.ingressMetrics(),
    '/stats/summary': async (query) => {
      agent.checkReady();
      return { json: await agent.figures?.summary(query) };
    },
  };
}

@Module({})
export class AppModule {
  static with(config: AgentConfig, logger: Logger): DynamicModule {
    const given = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
    ];
    return { module: AppModule, providers: [...given, AgentProcess] };
  }
}

function neighboursOf({ nodeName, tls }: AgentConfig, informers: Informers, logger: Logger): NeighbourBlobs {
  const nodes = informers.informer<Node>({ resource: resources.nodes });
  return new NeighbourBlobs({ nodeName, nodes: () => nodes.list(), tls, logger });
}

/** Layers for other nodes, and to nobody else by right of being a node. */
function givingBlobs(
  images: ConstructorParameters<typeof BlobPort>[0],
  authorize: OpsServerOptions['authorize'],
  more: NonNullable<OpsServerOptions['more']>,
): Pick<OpsServerOptions, 'authorize' | 'more'> {
  const blobs = new BlobPort(images);
  return {
    authorize: async (asked) => (isBlobPath(asked.path) && isNeighbour(asked.certificate) ? 'allowed' : authorize(asked)),
    more: (request) => (isBlobPath(request.path) ? blobs.answer(request) : more(request)),
  };
}
