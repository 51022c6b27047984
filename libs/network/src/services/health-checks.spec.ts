import { once } from 'node:events';
import { createServer } from 'node:net';
import { silentLogger } from '#telemetry';
import { endpoint, route } from '../testing/routes.ts';
import { HealthChecks } from './health-checks.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('health check node ports', () => {
  it('say how many endpoints this node has, a pod of two families being one, follow changes, and close', async () => {
    const port = await freePort();
    const checks = new HealthChecks(silentLogger, '127.0.0.1');
    const ask = async (): Promise<[number, unknown]> => {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      return [response.status, await response.json()];
    };
    const web = route('default/web', {
      healthCheckNodePort: port,
      endpoints: ['10.244.1.2:80', '[fd00::2]:80', '10.244.2.2:80 away'].map(endpoint),
    });
    const service = { namespace: 'default', name: 'web' };
    try {
      await checks.apply([web, route('default/other')]);
      expect(await ask()).toEqual([200, { service, localEndpoints: 1, serviceProxyHealthy: true }]);
      for (const left of ['10.244.2.2:80 away', '10.244.1.2:80 last']) {
        await checks.apply([{ ...web, endpoints: [endpoint(left)] }]);
        expect(await ask()).toEqual([503, { service, localEndpoints: 0, serviceProxyHealthy: true }]);
      }
    } finally {
      await checks.apply([]);
    }
    await expect(ask()).rejects.toThrow('fetch failed');
  });
});
