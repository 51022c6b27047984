// The DNS server in a process of its own, so that a spec can put it into a network namespace: `node dns-process.ts ADDRESS`.
import { Registry } from 'prom-client';
import { systemClock } from '#base';
import { silentLogger } from '#telemetry';
import { createClusterDns } from '../dns/cluster-dns.ts';

const [address = ''] = process.argv.slice(2);
const server = createClusterDns({
  address,
  domain: 'cluster.local',
  records: {
    service: (namespace, name) =>
      namespace === 'default' && name === 'web' ? { clusterIps: ['10.96.0.20'], headless: false, ports: [], endpoints: [] } : undefined,
    namespaceExists: (namespace) => namespace === 'default',
    reverse: () => undefined,
  },
  resolvConf: '/nonexistent',
  clock: systemClock,
  logger: silentLogger,
  registry: new Registry(),
});
await server.start();
process.stdout.write('{"ready":true}\n');
