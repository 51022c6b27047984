import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Logger } from '#telemetry';
import type { ServiceRoute } from '../contract.ts';
import { ipv4, ipv6, ofFamily } from '../family.ts';

/**
 * Load balancers ask each node over HTTP whether it has ready endpoints of a service with externalTrafficPolicy Local: 200 when it has, 503
 * when not, with kube-proxy's answer (core/v1 ServiceSpec, healthCheckNodePort). One that terminates still serves, but is not to be counted on.
 */
export class HealthChecks {
  /** By port: what its server answers with. */
  private readonly servers = new Map<number, { server: Server; service: string; localEndpoints: number }>();

  constructor(
    private readonly logger: Logger,
    private readonly address?: string,
  ) {}

  /** Listens on the ports of these services, and on no others. A port that is taken is logged: routing does not depend on it. */
  async apply(services: readonly ServiceRoute[]): Promise<void> {
    const wanted = new Map<number, { service: string; localEndpoints: number }>();
    for (const { service, healthCheckNodePort, endpoints } of services) {
      if (!healthCheckNodePort) continue;
      const ips = new Set(endpoints.filter(({ local, terminating }) => local && !terminating).map(({ ip }) => ip));
      // A pod of two families is one endpoint.
      const counts = [ipv4, ipv6].map((family) => [...ips].filter(ofFamily(family)).length);
      const known = wanted.get(healthCheckNodePort)?.localEndpoints ?? 0;
      wanted.set(healthCheckNodePort, { service, localEndpoints: Math.max(known, ...counts) });
    }
    for (const [port, { server }] of this.servers) {
      if (wanted.has(port)) continue;
      this.servers.delete(port);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    for (const [port, state] of wanted) {
      const known = this.servers.get(port);
      if (known) Object.assign(known, state);
      else await this.listen(port, state);
    }
  }

  private async listen(port: number, state: { service: string; localEndpoints: number }): Promise<void> {
    const server = createServer((_request, response) => {
      const { service, localEndpoints } = this.servers.get(port) ?? state;
      const [namespace, name] = service.split('/');
      response.writeHead(localEndpoints > 0 ? 200 : 503, {
        'Content-Type': 'application/json',
        'X-Content-Type-Options': 'nosniff',
        'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
      });
      response.end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: true }));
    });
    try {
      server.listen(port, this.address);
      await once(server, 'listening');
      server.on('error', (err) => this.logger.warn({ err, port }, 'health check port'));
      this.servers.set(port, { server, ...state });
    } catch (err) {
      this.logger.warn({ err, port, service: state.service }, 'health check port cannot be opened');
    }
  }
}
