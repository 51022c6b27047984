import { join } from 'node:path';
import { createPodNetwork, createServiceProxy, prepareNode, runnerIn, serviceRoutes } from '#network';
import { Namespaces } from '../../libs/network/src/testing/namespaces.ts';
import { silentLogger } from '#telemetry';
import type { EndpointSlice, Service } from '#api/types';
import { percentile } from './api.ts';
import type { Row } from './run.ts';

const podCidr = '10.244.1.0/24';
const node = { nodeIps: ['192.0.2.11'], serviceCidrs: ['10.96.0.0/16'], clusterDns: ['10.96.0.10'], podCidrs: [podCidr] };
const ipOf = (i: number): string => `10.96.${(i >> 8) + 1}.${i & 255}`;

const service = (i: number): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: `s${i}`, namespace: 'default' },
  spec: { type: 'ClusterIP', clusterIP: ipOf(i), clusterIPs: [ipOf(i)], ports: [{ port: 80, protocol: 'TCP' }] },
});
const slice = (i: number, ...ips: string[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `s${i}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': `s${i}` } },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  endpoints: ips.map((ip) => ({ addresses: [ip], nodeName: 'n1', conditions: { ready: true } })),
});

/** Connections a second from one pod to another, by its address and by that of a service, among few services and many; and what a change costs. */
export async function services(): Promise<Row[]> {
  const namespaces = new Namespaces();
  try {
    const path = namespaces.add('node');
    namespaces.ip(path, 'link add eth0 type veth peer name far', 'addr add 192.0.2.11/24 dev eth0', 'link set eth0 up', 'link set far up');
    const runner = runnerIn(path);
    await prepareNode({ ...node, runner });
    const directory = join(namespaces.directory, 'node');
    const pods = await createPodNetwork({
      podCidrs: [podCidr],
      directory,
      interfacePrefix: 'bb',
      table: 'bench',
      nodeIps: node.nodeIps,
      netns: path,
    });
    const addPod = async (name: string) => {
      const netnsPath = namespaces.add(name);
      const { ips } = await pods.attach({ sandboxId: name, netnsPath });
      return { ip: ips[0]!, actor: await namespaces.start(netnsPath, 'actor.ts', name, '8080') };
    };
    const [client, server] = [await addPod('client'), await addPod('server')];
    const ranges = { clusterCidrs: ['10.244.0.0/16'], serviceCidrs: node.serviceCidrs };
    const proxy = createServiceProxy({
      table: 'bench',
      ...ranges,
      logger: silentLogger,
      runner,
      netns: path,
      forget: async () => undefined,
    });
    const all = Array.from({ length: 5000 }, (_, i) => service(i));
    const slices = all.map((_, i) => slice(i, server.ip));
    const apply = (count: number) => proxy.apply(serviceRoutes(all.slice(0, count), slices.slice(0, count), { name: 'n1' }));
    const rate = async (ip: string, port: number): Promise<number> => {
      const started = performance.now();
      const rounds = 3000;
      await client.actor.many(rounds, 'tcp', ip, port);
      return (rounds * 1000) / (performance.now() - started);
    };
    const rows: Row[] = [];
    for (const count of [10, 5000]) {
      await apply(count);
      // In turns, and the best of each: whatever else the machine does, it does not do it all the time.
      const rates = { direct: [] as number[], byService: [] as number[] };
      for (let i = 0; i < 8; i++) {
        rates.direct.push(await rate(server.ip, 8080));
        rates.byService.push(await rate(ipOf(count - 1), 80));
      }
      const [direct, byService] = [Math.max(...rates.direct), Math.max(...rates.byService)];
      const ratio = byService / direct;
      rows.push({
        what: `connections to a ClusterIP, ${count} services`,
        value: `${byService.toFixed(0)}/s`,
        peer: `pod address ${direct.toFixed(0)}/s`,
        ratio,
      });
    }
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      slices[i * 7] = slice(i * 7, server.ip, `10.244.1.${100 + i}`);
      const before = performance.now();
      await apply(5000);
      times.push(performance.now() - before);
    }
    rows.push({
      what: 'one service of 5,000 changes: until the kernel has it',
      value: `p50 ${percentile(times, 50).toFixed(0)} ms, p90 ${percentile(times, 90).toFixed(0)} ms`,
    });
    return rows;
  } finally {
    await namespaces.destroy();
  }
}
