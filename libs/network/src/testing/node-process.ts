// What has to run inside a node's network namespace, in a process of its own: the DNS server, and what stdin asks for, forgetting
// connections and answering for addresses. `node node-process.ts DNS-ADDRESS,… NODE-ADDRESS,…`.
import { createInterface } from 'node:readline';
import { Registry } from 'prom-client';
import { systemClock } from '#base';
import { silentLogger } from '#telemetry';
import { forgetConnections } from '../conntrack/forget-connections.ts';
import { createClusterDns } from '../dns/cluster-dns.ts';
import { createAnnouncer } from '../load-balancers/announcer.ts';
import type { StaleEndpoint } from '../services/stale-endpoints.ts';

const [addresses = '', nodeIps = ''] = process.argv.slice(2);
const announcer = createAnnouncer({ nodeIps: nodeIps.split(',') });
const server = createClusterDns({
  addresses: addresses.split(','),
  domain: 'cluster.local',
  records: {
    service: (namespace, name) =>
      namespace === 'default' && name === 'web'
        ? { clusterIps: ['10.96.0.20', 'fd00:10:96::20'], headless: false, ports: [], endpoints: [] }
        : undefined,
    namespaceExists: (namespace) => namespace === 'default',
    reverse: () => undefined,
  },
  resolvConf: '/nonexistent',
  clock: systemClock,
  logger: silentLogger,
  registry: new Registry(),
});
await server.start();
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, stale, announce } = JSON.parse(line) as { id: number; stale: StaleEndpoint[]; announce?: string[] };
  const done = announce ? announcer.apply(announce).then((added) => announcer.tell(added)) : forgetConnections(stale);
  done.then(
    () => process.stdout.write(`${JSON.stringify({ id, answer: announce ? 'announced' : 'forgotten' })}\n`),
    (err: unknown) => process.stdout.write(`${JSON.stringify({ id, answer: String(err) })}\n`),
  );
});
process.stdout.write('{"ready":true}\n');
