import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { type Clock, systemClock, systemRandom } from '#base';
import { silentLogger } from '#telemetry';
import type { StorageDriver } from './drivers/contract.ts';
import { FileDriver } from './drivers/file-driver.ts';
import { RegistryMetrics } from './metrics.ts';
import { OciRegistry, type RegistryOptions } from './registry.ts';

export interface ServedRegistry {
  registry: OciRegistry;
  /** `127.0.0.1:port` */
  host: string;
  url: string;
  metrics: Registry;
  close(): Promise<void>;
}

/** A registry on a free loopback port, over the given directory or driver. */
export async function serveRegistry(
  storage: string | StorageDriver,
  clock: Clock = systemClock,
  more: Pick<RegistryOptions, 'access' | 'settings' | 'notifications' | 'openUpstream'> = {},
): Promise<ServedRegistry> {
  const driver = typeof storage === 'string' ? new FileDriver(storage) : storage;
  const metrics = new Registry();
  const parts = { clock, random: systemRandom, logger: silentLogger, metrics: new RegistryMetrics(metrics) };
  const registry = new OciRegistry({ driver, ...parts, ...more });
  await registry.open();
  const server = createServer((request, response) => void registry.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    registry,
    host,
    url: `http://${host}`,
    metrics,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
