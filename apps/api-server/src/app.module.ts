import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiServer, type GrpcDependencies, GrpcModule, GrpcServerStrategy, serveChain, serveUpgrades } from '#api-server';
import { systemClock, systemRandom } from '#base';
import { kinds } from '#kinds';
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
  const store = sealed(redis, config.sealKey);
  const server = await ApiServer.create({
    kinds,
    store,
    clock: systemClock,
    random: systemRandom,
    logger,
    registry,
    ranges: { serviceCidrs: config.serviceCidrs, nodePortRange: config.nodePortRange },
    serviceAccounts: config.serviceAccounts,
    advertise: { address: config.advertiseAddress, port: config.securePort, grpcPort: config.grpcPort },
  });
  await server.start();
  const apps = await Promise.all(config.bindAddresses.map((host) => listen(config, { server, logger, host })));
  logger.info({ addresses: config.bindAddresses, port: config.securePort, grpcPort: config.grpcPort }, 'serving');
  return {
    async close() {
      await server.close();
      await Promise.all(apps.map((app) => app.close()));
      await store.close();
    },
  };
}

/** Secrets never reach Redis in the clear. */
function sealed(store: Store, secret: Buffer): Store {
  const prefixes = kinds.filter((kind) => kind.sealed).map(({ gvk, names }) => `${gvk.group}/${names.plural}/`);
  const sealing = createSealing([{ id: '1', secret }]);
  return sealedStore(store, sealing, (key) => prefixes.some((prefix) => key.startsWith(prefix)));
}

interface Listening {
  server: ApiServer;
  logger: Logger;
  host: string;
}

/** Nest serves gRPC; HTTPS is one route of its Fastify, since Nest's router and guards would cost every request more than they give. */
async function listen(
  { tls, securePort, grpcPort }: ApiServerConfig,
  { server, logger, host }: Listening,
): Promise<NestFastifyApplication> {
  const https = { allowHTTP1: true, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', ...tls } as const;
  const adapter = new FastifyAdapter({ http2: true, https, forceCloseConnections: true, http2SessionTimeout: 0 } as never);
  const { authenticator, authorizer, nodes, resources: service } = server;
  const grpc = { service, authenticator, authorizer, nodes, clock: systemClock, logger, ready: () => server.ready };
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(grpc), adapter, { logger: false, bodyParser: false });
  app.connectMicroservice({ strategy: new GrpcServerStrategy({ hosts: [host], port: grpcPort, tls, clock: systemClock }) });
  serveChain(adapter.getInstance() as never, server.chain);
  serveUpgrades(app.getHttpServer() as never, server.chain);
  await app.startAllMicroservices();
  await app.listen(securePort, host);
  return app;
}
