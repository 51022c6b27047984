import { mkdir } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { systemClock } from '#base';
import { collectInIntervals, OciRegistry, RegistryMetrics } from '#registry';
import { createRegistry, type Logger } from '#telemetry';
import { accessOf } from './access.ts';
import { AppModule } from './app.module.ts';
import type { RegistryConfig } from './config.ts';
import { serveMetrics } from './metrics-port.ts';
import { openNotifications, openSettings } from './settings.ts';
import { storageOf } from './storage.ts';

/** Opens the store, serves it on every given address, and returns what ends it in order. */
export async function serve(config: RegistryConfig, logger: Logger): Promise<() => Promise<void>> {
  const metrics = createRegistry();
  const adapter = new FastifyAdapter();
  await mkdir(config.rootDir, { recursive: true });
  const settings = await openSettings(config, logger);
  const access = await accessOf(config, settings?.watched, logger);
  const parts = { logger, metrics: new RegistryMetrics(metrics) };
  const notifications = settings && (await openNotifications(config, settings, parts));
  const chosen = { ...(access && { access }), ...(notifications && { notifications }), ...settings?.options };
  const module = AppModule.with({ driver: await storageOf(config), ...parts, ...chosen });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: false, bodyParser: false });
  const fastify = adapter.getInstance();
  // Bodies are blobs: nobody may collect them in memory before the handler has the stream.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  await app.get(OciRegistry).open();
  await app.init();
  await fastify.ready();
  const servers = await Promise.all(
    config.bindAddresses.map((host) => listen(serverFor(config, fastify.routing.bind(fastify)), host, config.port)),
  );
  const ops = await serveMetrics(config, { metrics, logger });
  logger.info({ addresses: config.bindAddresses, port: config.port, rootDir: config.rootDir }, 'registry serving');
  const ending = new AbortController();
  const { intervalMs, graceMs } = config.garbage;
  const schedule = { registry: app.get(OciRegistry), intervalMs, graceMs, clock: systemClock, logger };
  const collecting = intervalMs > 0 ? collectInIntervals(schedule, ending.signal) : undefined;
  return async () => {
    ending.abort();
    await Promise.all([...servers.map(close), ops?.close(), collecting]);
    await notifications?.close();
    await app.close();
  };
}

function serverFor({ serving }: RegistryConfig, handler: RequestListener): Server {
  // A layer of several GB over a slow link takes longer than Node's five minutes for a whole request; headers must still come soon.
  const options = { requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 60_000 };
  return serving ? createSecureServer({ ...options, ...serving }, handler) : createServer(options, handler);
}

function listen(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Lets transfers that run finish; idle connections end at once. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
