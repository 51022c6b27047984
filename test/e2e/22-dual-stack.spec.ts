import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually, fetchText, getJson, kubectl } from './clients.ts';
import { deployShop, execIn, nodeName, shopPods } from './shop.ts';

interface Place {
  name: string;
  node: string;
  /** IPv4, IPv6. */
  ips: string[];
}
let pods: Place[];

const ipsOf = (list: { ip: string }[]): string[] => list.map(({ ip }) => ip);
const get = (pod: Place, url: string): Promise<string> => execIn(pod.name, 'timeout', '5', 'wget', '-q', '-O', '-', url);
const service = async () => (await getJson('service', 'web', '-n', 'shop')).spec;
const internalIps = async (node: string): Promise<string[]> =>
  (await getJson('node', node)).status.addresses
    .filter(({ type }: { type: string }) => type === 'InternalIP')
    .map(({ address }: { address: string }) => address);
/** The pods' names that answered. */
async function answersFrom(url: string, from: Place, count: number): Promise<Set<string>> {
  const answers = new Set<string>();
  for (let i = 0; i < count; i++) answers.add((await get(from, url)).split(' ')[1]!);
  return answers;
}
async function setPolicy(policy: string): Promise<void> {
  const patch = JSON.stringify({ spec: { ipFamilyPolicy: policy } });
  for (const name of ['web', 'web-outside']) await kubectl(['-n', 'shop', 'patch', 'service', name, '-p', patch]);
}
async function preferBoth(): Promise<string[]> {
  await setPolicy('PreferDualStack');
  const { clusterIPs } = await service();
  return clusterIPs;
}

beforeAll(async () => {
  await deployShop();
  pods = await Promise.all(
    (await shopPods()).map(async ({ name, node }) => {
      const { status } = await getJson('pod', name, '-n', 'shop');
      return { name, node, ips: ipsOf(status.podIPs) };
    }),
  );
});
afterAll(() => setPolicy('SingleStack'));

describe('a dual-stack cluster', () => {
  it('gives nodes and pods addresses of both families', async () => {
    for (const { name, node, ips } of pods) {
      const { spec } = await getJson('node', node);
      expect(spec.podCIDRs).toEqual([
        expect.stringMatching(/^10\.244\.\d+\.0\/24$/),
        expect.stringMatching(/^fd00:10:244:[0-9a-f:]*:\/64$/),
      ]);
      const { status } = await getJson('pod', name, '-n', 'shop');
      expect([status.podIP, status.hostIP]).toEqual([ips[0], status.hostIPs[0].ip]);
      expect(ipsOf(status.hostIPs)).toEqual(await internalIps(node));
      expect(ips[1]).toMatch(/^fd00:10:244:/);
      const hosts = await execIn(name, 'cat', '/etc/hosts');
      for (const ip of ips) expect(hosts).toContain(`${ip}\t${name}\n`);
    }
  });

  it('carries pods to each other over IPv6, on a node and across nodes', async () => {
    for (const from of pods) for (const to of pods) expect(await get(from, `http://[${to.ips[1]}]:8080/`)).toContain(` ${to.name} `);
  });

  it('gives a service its second address when it is asked for, and serves it by name, address and node port', async () => {
    const before = await service();
    expect([before.ipFamilyPolicy, before.ipFamilies]).toEqual(['SingleStack', ['IPv4']]);
    const [ip4, ip6] = await preferBoth();
    expect(ip4).toBe(before.clusterIP);
    expect((await service()).ipFamilies).toEqual(['IPv4', 'IPv6']);
    await eventually('slices of both families', async () => {
      const { items } = await getJson('endpointslices', '-n', 'shop', '-l', 'kubernetes.io/service-name=web');
      return (
        items
          .map(({ addressType }: { addressType: string }) => addressType)
          .toSorted()
          .join() === 'IPv4,IPv6'
      );
    });
    const [from] = pods as [Place];
    await eventually('the address to be served', async () => (await get(from, `http://[${ip6}]/`)) !== '');
    expect(await answersFrom(`http://[${ip6}]/`, from, 25)).toEqual(new Set(pods.map(({ name }) => name)));
    for (const n of [1, 2, 3]) {
      const [, address] = await internalIps(nodeName(n));
      await eventually('its node port on every node', async () => (await fetchText(`http://[${address}]:30090/`)).status === 200);
    }
    expect(await execIn(from.name, 'nslookup', 'web.shop.svc.cluster.local', 'fd00:10:96::a')).toContain(`Address: ${ip6}`);
    expect(await execIn(from.name, 'nslookup', ip6!)).toContain('name = web.shop.svc.cluster.local');
  });

  it('takes the second address back with the policy alone', async () => {
    const [ip4] = await preferBoth();
    await setPolicy('SingleStack');
    expect(await service()).toMatchObject({ ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'], clusterIPs: [ip4] });
    await eventually('the slice of the other family to go', async () => {
      const { items } = await getJson('endpointslices', '-n', 'shop', '-l', 'kubernetes.io/service-name=web');
      return items.length === 1;
    });
  });

  it('lets pods out with the address of their node', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.socket.remoteAddress);
      response.end('outside\n');
    }).listen(0, '::');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const [from] = pods as [Place];
      const [, address] = await internalIps(from.node);
      const gateway = address!.replace(/::.*$/, '::1'); // this machine's own, on the nodes' network
      expect(await get(from, `http://[${gateway}]:${port}/`)).toBe('outside\n');
      expect(seen).toEqual([address]);
    } finally {
      server.close();
    }
  });
});
