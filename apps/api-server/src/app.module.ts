import { type DynamicModule, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { builtinTypes } from '#api';
import {
  ApiServer,
  createKindCatalog,
  type GrpcDependencies,
  GrpcModule,
  GrpcServerStrategy,
  type KindCatalog,
  serveHttps,
} from '#api-server';
import { systemClock, systemRandom } from '#base';
import { kindsWith } from '#kinds';
import { MetricsAdapter } from '#metrics-adapter';
import { nodeServices } from '#nodes';
import { createPolicy } from '#policy';
import { connectStore, createSealing, sealedStore, type Store } from '#store';
import { createRegistry, type Logger } from '#telemetry';
import type { ApiServerConfig } from './config.ts';

@Module({})
export class AppModule {
  static with(grpc: GrpcDependencies): DynamicModule {
    return { module: AppModule, imports: [GrpcModule.forServer(grpc)] };
  }
}

/** One process: HTTPS for clients, gRPC for the cluster's own parts, both over one api-server on Redis. */
export async function startApiServer(config: ApiServerConfig, logger: Logger): Promise<{ close(): Promise<void> }> {
  const registry = createRegistry();
  const redis = await connectStore({ ...config.redis, cluster: '', clock: systemClock, logger, registry });
  const catalog = createKindCatalog({ kinds: kindsWith(config.features), types: builtinTypes });
  const store = sealed(redis, config.sealKey, catalog);
  const server = await ApiServer.create({
    catalog,
    store,
    clock: systemClock,
    random: systemRandom,
    logger,
    registry,
    ranges: { serviceCidrs: config.serviceCidrs, nodePortRange: config.nodePortRange, loadBalancerCidrs: config.loadBalancerCidrs },
    policy: createPolicy({
      clock: systemClock,
      random: systemRandom,
      logger,
      serviceAccounts: config.serviceAccounts,
      advertise: { address: config.advertiseAddress, port: config.securePort, grpcPort: config.grpcPort },
      rootCa: config.tls.ca,
      serviceCidrs: config.serviceCidrs,
      defaultIngressClass: 'berth',
      podSecurity: config.podSecurity,
    }),
    nodes: nodeServices({ clock: systemClock, random: systemRandom, logger, kubeletClient: config.kubeletClient }),
    advertise: `${config.advertiseAddress}:${config.securePort}`,
  });
  await server.start();
  const ending = new AbortController();
  const adapting = config.metrics && adapter(server, config.metrics, logger).run(ending.signal);
  const tls = { minVersion: 'TLSv1.2', ...config.tls } as const;
  const parts = await listenForParts(config, server, logger);
  const clients = await Promise.all(config.bindAddresses.map((host) => serveHttps(server.chain, tls, { host, port: config.securePort })));
  logger.info({ addresses: config.bindAddresses, port: config.securePort, grpcPort: config.grpcPort }, 'serving');
  return {
    async close() {
      ending.abort();
      await adapting;
      await server.close();
      await Promise.all([parts, ...clients].map((listening) => listening.close()));
      await store.close();
    },
  };
}

/** Custom and external metrics, where there is something to make them of. */
const adapter = ({ kinds: catalog, view }: ApiServer, metrics: NonNullable<ApiServerConfig['metrics']>, logger: Logger): MetricsAdapter =>
  new MetricsAdapter({ ...metrics, catalog, view, clock: systemClock, logger });

/** Secrets never reach Redis in the clear. */
function sealed(store: Store, secret: Buffer, catalog: KindCatalog): Store {
  const prefixes = (): string[] => catalog.all.filter(({ definition }) => definition.sealed).map(({ storedAs }) => `${storedAs}/`);
  let present = prefixes();
  catalog.onChange(() => (present = prefixes()));
  const sealing = createSealing([{ id: '1', secret }]);
  return sealedStore(store, sealing, (key) => present.some((prefix) => key.startsWith(prefix)));
}

/** Nest serves gRPC. HTTPS does without it: its router and guards would cost every request more than they give. */
async function listenForParts(
  { tls, bindAddresses, grpcPort }: ApiServerConfig,
  server: ApiServer,
  logger: Logger,
): Promise<INestMicroservice> {
  const { authenticator, authorizer, chain, kinds, nodes, resources: service } = server;
  const grpc = { service, chain, kinds, authenticator, authorizer, nodes, clock: systemClock, logger, ready: () => server.ready };
  const strategy = new GrpcServerStrategy({ hosts: bindAddresses, port: grpcPort, tls, clock: systemClock });
  const app = await NestFactory.createMicroservice(AppModule.with(grpc), { strategy, logger: false });
  await app.listen();
  return app;
}
