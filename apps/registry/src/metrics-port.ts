import type { Registry } from 'prom-client';
import { delegatedAuthorizer, grpcApi } from '#client';
import { type Logger, serveOps } from '#telemetry';
import type { RegistryConfig } from './config.ts';

/** `/metrics` and the health checks over HTTPS; who may read them is asked of the api-server. Nothing without `--server`. */
export async function serveMetrics(
  config: RegistryConfig,
  { metrics, logger }: { metrics: Registry; logger: Logger },
): Promise<{ close(): Promise<void> } | undefined> {
  if (config.servers.length === 0) return undefined;
  const { tls } = config;
  if (!tls) throw new Error('--server needs --ca-file, --cert-file and --key-file');
  const api = grpcApi({ servers: config.servers, ...tls, logger });
  const ops = await serveOps({
    hosts: config.bindAddresses,
    port: config.metricsPort,
    tls,
    registry: metrics,
    authorize: delegatedAuthorizer(api),
  });
  return {
    async close() {
      await ops.close();
      api.close();
    },
  };
}
