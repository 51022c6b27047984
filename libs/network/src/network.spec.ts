import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '#telemetry';
import type { PodNetwork, RouteEndpoint, ServiceProxy, ServiceRoute } from './contract.ts';
import { createPodNetwork } from './links/pod-network.ts';
import { prepareNode } from './node.ts';
import { routeServiceCidrs } from './routes/service-cidrs.ts';
import { createNodeRoutes } from './routes/node-routes.ts';
import { must, type Runner, runnerIn } from './runner.ts';
import { createServiceProxy } from './services/service-proxy.ts';
import type { StaleEndpoint } from './services/stale-endpoints.ts';
import { type Actor, Namespaces } from './testing/namespaces.ts';
import { route } from './testing/routes.ts';

/*
 * Two nodes, two pods on each and a client outside, all in network namespaces of their own, joined by a bridge in another: the real
 * kernel, the real `ip` and `nft`.
 */
const clusterCidrs = ['10.244.0.0/16', 'fd00:10:244::/56'];
const serviceCidrs = ['10.96.0.0/16', 'fd00:10:96::/112'];
const clusterDns = ['10.96.0.10', 'fd00:10:96::a'];
const loadBalancerCidrs = ['192.0.2.224/27', '2001:db8::e000/115'];
const balancerIps = ['192.0.2.230', '2001:db8::e001'];
const vips = ['10.96.0.20', 'fd00:10:96::20'];
const outsideIps = ['192.0.2.99', '2001:db8::99'];

interface Node {
  name: string;
  path: string;
  ips: readonly string[];
  podCidrs: readonly string[];
  runner: Runner;
  pods: PodNetwork;
  proxy: ServiceProxy;
  actor: Actor;
  inside: Actor;
}

let namespaces: Namespaces;
let a: Node;
let b: Node;
let outside: Actor;
const actors = new Map<string, Actor>();
const ips = new Map<string, readonly string[]>();
const podPaths = new Map<string, string>();

const link = (addresses: readonly string[]): string[] => [
  ...addresses.map((ip) => `addr add ${ip}/${ip.includes(':') ? '64' : '24'} dev eth0 ${ip.includes(':') ? 'nodad' : ''}`),
  'link set eth0 up',
];

async function addNode(name: string, number: number, bridge: string): Promise<Node> {
  const path = namespaces.add(name);
  const nodeIps = [`192.0.2.${10 + number}`, `2001:db8::${10 + number}`];
  const podCidrs = [`10.244.${number}.0/24`, `fd00:10:244:${number}::/64`];
  namespaces.ip(bridge, `link add v${name} type veth peer name eth0 netns ${path}`, `link set v${name} master br0 up`);
  namespaces.ip(path, ...link(nodeIps));
  const runner = runnerIn(path);
  await prepareNode({ nodeIps, serviceCidrs, loadBalancerCidrs, clusterDns, podCidrs, runner });
  const pods = await createPodNetwork({
    podCidrs,
    directory: join(namespaces.directory, name),
    interfacePrefix: `bt${number}`,
    table: `berth-${name}`,
    nodeIps,
    netns: path,
  });
  const inside = await namespaces.start(path, 'node-process.ts', clusterDns.join(), nodeIps.join());
  const forget = async (stale: readonly StaleEndpoint[]): Promise<void> => expect(await inside.send({ stale })).toBe('forgotten');
  const table = `berth-${name}`;
  const ranges = { clusterCidrs, serviceCidrs, loadBalancerCidrs, ownAddresses: clusterDns };
  const proxy = createServiceProxy({ table, ...ranges, logger: silentLogger, runner, netns: path, forget });
  return { name, path, ips: nodeIps, podCidrs, runner, pods, proxy, inside, actor: await namespaces.start(path, 'actor.ts', name, '9000') };
}

async function addPod(node: Node, name: string): Promise<void> {
  const path = namespaces.add(name);
  podPaths.set(name, path);
  ips.set(name, (await node.pods.attach({ sandboxId: `sandbox-${name}`, netnsPath: path })).ips);
  actors.set(name, await namespaces.start(path, 'actor.ts', name, '8080'));
}

const pod = (name: string): Actor => actors.get(name)!;
const on = (node: Node, ...names: string[]): RouteEndpoint[] =>
  names.flatMap((name) => ips.get(name)!.map((ip) => ({ ip, port: 8080, local: name.startsWith(node.name) })));
const apply = async (make: (node: Node) => Parameters<ServiceProxy['apply']>[0]): Promise<void> => {
  for (const node of [a, b]) await node.proxy.apply(make(node));
};
const all = ['a-1', 'a-2', 'b-1', 'b-2'];
/** Backends are chosen at random: that so many connections leave one of four out happens once in a billion runs. */
const enough = 80;
const namesIn = (counts: Map<string, number>): string[] =>
  [...new Set([...counts.keys()].map((text) => text.split(' ')[0]!))].toSorted((x, y) => (x < y ? -1 : 1));

beforeAll(async () => {
  namespaces = new Namespaces();
  const bridge = namespaces.add('x');
  namespaces.ip(bridge, 'link add br0 type bridge', 'link set br0 up');
  a = await addNode('a', 1, bridge);
  b = await addNode('b', 2, bridge);
  const away = namespaces.add('out');
  namespaces.ip(bridge, `link add vout type veth peer name eth0 netns ${away}`, 'link set vout master br0 up');
  namespaces.ip(away, ...link(outsideIps), 'link set lo up');
  outside = await namespaces.start(away, 'actor.ts', 'outside', '9000');
  for (const [node, name] of [
    [a, 'a-1'],
    [a, 'a-2'],
    [b, 'b-1'],
    [b, 'b-2'],
  ] as const)
    await addPod(node, name);
  for (const [node, other] of [
    [a, b],
    [b, a],
  ] as const) {
    await createNodeRoutes({ clusterCidrs, runner: node.runner }).apply([other]);
  }
}, 120_000);
afterAll(() => namespaces.destroy());

describe.each([
  ['IPv4', 0],
  ['IPv6', 1],
])('over %s', (family, i) => {
  const vip = vips[i]!;
  const outsideIp = outsideIps[i]!;
  const [version, table] = family === 'IPv4' ? ['-4', 'ip'] : ['-6', 'ip6'];
  const ipOf = (name: string): string => ips.get(name)![i]!;

  describe('pods', () => {
    it('reach each other on a node and across nodes, with their own addresses', async () => {
      expect(await pod('a-1').order('tcp', ipOf('a-2'), 8080)).toBe(`a-2 sees ${ipOf('a-1')}`);
      expect(await pod('a-1').order('tcp', ipOf('b-1'), 8080)).toBe(`b-1 sees ${ipOf('a-1')}`);
      expect(await a.actor.order('tcp', ipOf('b-2'), 8080)).toBe(`b-2 sees ${a.ips[i]}`);
      expect(await a.actor.order('tcp', ipOf('a-1'), 8080)).toBe(`a-1 sees ${a.ips[i]}`);
      expect(await pod('a-1').order('tcp', b.ips[i]!, 9000)).toMatch(/^b sees /);
    });

    it('attach again to what they have, detach for good, and are found by the next agent', async () => {
      const first = ips.get('a-1')!;
      const again = await createPodNetwork({
        podCidrs: a.podCidrs,
        directory: join(namespaces.directory, 'a'),
        interfacePrefix: 'bt1',
        table: 'berth-a',
        nodeIps: a.ips,
        netns: a.path,
      });
      expect(await again.list()).toEqual(new Map(['a-1', 'a-2'].map((name) => [`sandbox-${name}`, ips.get(name)])));
      expect(await again.attach({ sandboxId: 'sandbox-a-1', netnsPath: podPaths.get('a-1')! })).toEqual({ ips: first });
      const path = namespaces.add(`short${i}`);
      const ip = (await again.attach({ sandboxId: 'short', netnsPath: path, mtu: 1400 })).ips[i]!;
      expect(await must(runnerIn(path), ['ip', 'link', 'show', 'eth0'])).toContain('mtu 1400');
      await again.detach('short');
      await again.detach('short');
      expect(await must(a.runner, ['ip', version, 'route', 'show', ip])).toBe('');
      expect((await again.list()).has('short')).toBe(false);
      expect(await pod('a-2').order('tcp', ip, 8080)).toMatch(/^E(HOST|NET)UNREACH$/);
    });

    it('go outside with the address of their node', async () => {
      await apply(() => []);
      expect(await pod('a-1').order('tcp', outsideIp, 9000)).toBe(`outside sees ${a.ips[i]}`);
    });
  });

  describe('services', () => {
    const web = (node: Node, ...names: string[]) =>
      route('default/web', { clusterIps: vips, nodePort: 30080, endpoints: on(node, ...names) });

    it('spread over all endpoints, from pods and nodes, with the client visible', async () => {
      await apply((node) => [web(node, ...all)]);
      const counts = await pod('a-1').many(enough, 'tcp', vip, 80);
      expect(namesIn(counts)).toEqual(all);
      expect([...counts.keys()].filter((text) => text.startsWith('b-'))).toEqual(expect.arrayContaining([`b-1 sees ${ipOf('a-1')}`]));
      expect(namesIn(await a.actor.many(enough, 'tcp', vip, 80))).toEqual(all);
      expect(await pod('b-2').order('udp', vip, 80)).toBe('ECONNREFUSED'); // another protocol of the address
    });

    it('answer a pod that is its own endpoint (hairpin)', async () => {
      await apply((node) => [web(node, 'a-1')]);
      expect(namesIn(await pod('a-1').many(5, 'tcp', vip, 80))).toEqual(['a-1']);
      expect(namesIn(await pod('b-1').many(3, 'tcp', vip, 80))).toEqual(['a-1']);
    });

    it('answer on the node port of every node, from outside, pods and nodes', async () => {
      await apply((node) => [web(node, ...all)]);
      for (const ip of [a.ips[i]!, b.ips[i]!]) {
        expect(namesIn(await outside.many(enough, 'tcp', ip, 30080))).toEqual(all);
        expect(namesIn(await pod('a-1').many(enough, 'tcp', ip, 30080)).length).toBeGreaterThan(1);
        expect(namesIn(await a.actor.many(enough, 'tcp', ip, 30080)).length).toBeGreaterThan(1);
      }
    });

    it('refuse at once what has no endpoint, and what is not a port of theirs', async () => {
      await apply((node) => [web(node)]);
      for (const client of [pod('a-1'), a.actor]) {
        expect(await client.order('tcp', vip, 80)).toBe('ECONNREFUSED');
        expect(await client.order('tcp', vip, 81)).toBe('ECONNREFUSED');
        expect(await client.order('tcp', b.ips[i]!, 30080)).toBe('ECONNREFUSED');
      }
      expect(await outside.order('tcp', a.ips[i]!, 30080)).toBe('ECONNREFUSED');
    });

    it('with policy Local keep the client and use only this node', async () => {
      await apply((node) => [{ ...web(node, 'a-1', 'a-2'), externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }]);
      const seen = await outside.many(enough, 'tcp', a.ips[i]!, 30080);
      expect([...seen.keys()].toSorted((x, y) => (x < y ? -1 : 1))).toEqual([`a-1 sees ${outsideIp}`, `a-2 sees ${outsideIp}`]);
      expect(await outside.order('tcp', b.ips[i]!, 30080)).toBe('ETIMEDOUT');
      expect(namesIn(await pod('b-1').many(enough, 'tcp', b.ips[i]!, 30080))).toEqual(['a-1', 'a-2']); // pods are inside
      expect(namesIn(await pod('a-1').many(enough, 'tcp', vip, 80))).toEqual(['a-1', 'a-2']);
      expect(await pod('b-1').order('tcp', vip, 80)).toBe('ETIMEDOUT');
    }, 20_000);

    it('with affinity keep a client on its endpoint while it is there', async () => {
      const sticky = (node: Node, ...names: string[]) => [{ ...web(node, ...names), affinitySeconds: 600 }];
      await apply((node) => sticky(node, ...all));
      const [first] = namesIn(await pod('a-1').many(12, 'tcp', vip, 80));
      expect(namesIn(await pod('a-1').many(12, 'tcp', vip, 80))).toEqual([first]);
      const others = all.filter((name) => name !== first);
      await apply((node) => sticky(node, ...others));
      const second = namesIn(await pod('a-1').many(12, 'tcp', vip, 80));
      expect(second).toHaveLength(1);
      expect(others).toContain(second[0]);
      await apply((node) => sticky(node, ...all));
      expect(namesIn(await pod('a-1').many(12, 'tcp', vip, 80))).toEqual(second); // one more endpoint disturbs nobody
    });

    it('leave a connection alone whose endpoint is removed', async () => {
      await apply((node) => [web(node, 'b-1')]);
      expect(await pod('a-1').order('hold', vip, 80)).toMatch(/^b-1 /);
      await apply((node) => [web(node, 'b-2')]);
      expect(await pod('a-1').order('say', vip, 80, { text: 'still there?' })).toBe('b-1 echoes still there?');
      expect(await pod('a-1').order('tcp', vip, 80)).toMatch(/^b-2 /);
      await apply(() => []);
      expect(await pod('a-1').order('say', vip, 80, { text: 'and now?' })).toBe('b-1 echoes and now?');
    });

    it('lead UDP clients that go on sending away from an endpoint that is gone', async () => {
      const dns = (node: Node, ...names: string[]) => [
        route('default/udp', { clusterIps: vips, protocol: 'UDP', port: 53, endpoints: on(node, ...names) }),
      ];
      await apply((node) => dns(node, 'b-1'));
      expect(await pod('a-1').order('udp', vip, 53, { localPort: 4000 + i })).toMatch(/^b-1 /);
      await apply((node) => dns(node, 'b-2'));
      expect(await pod('a-1').order('udp', vip, 53, { localPort: 4000 + i })).toMatch(/^b-2 /);
    });

    it('answer in UDP as in TCP on one port, to pods and nodes', async () => {
      const of = (protocol: 'TCP' | 'UDP') => (node: Node) => [{ ...web(node, 'b-1'), protocol }];
      await apply((node) => [...of('TCP')(node), ...of('UDP')(node)]);
      for (const client of [pod('a-1'), a.actor]) {
        for (const protocol of ['tcp', 'udp'] as const) expect(await client.order(protocol, vip, 80)).toMatch(/^b-1 /);
        expect(await client.order('udp', ipOf('b-1'), 8080)).toMatch(/^b-1 /);
      }
      await apply(of('UDP'));
      expect([await pod('a-1').order('tcp', vip, 80), await pod('a-1').order('udp', vip, 80)]).toEqual([
        'ECONNREFUSED',
        expect.stringMatching(/^b-1 /),
      ]);
      await apply(of('TCP'));
      expect([await pod('a-1').order('udp', vip, 80), await pod('a-1').order('tcp', vip, 80)]).toEqual([
        'ECONNREFUSED',
        expect.stringMatching(/^b-1 /),
      ]);
    });

    it('open host ports of pods on their node', async () => {
      await a.proxy.applyHostPorts([
        { podIps: ips.get('a-1')!, containerPort: 8080, hostPort: 8081, protocol: 'TCP' },
        { podIps: ips.get('a-2')!, containerPort: 8080, hostPort: 8082, hostIp: a.ips[i]!, protocol: 'TCP' },
      ]);
      expect(await outside.order('tcp', a.ips[i]!, 8081)).toBe(`a-1 sees ${outsideIp}`);
      expect(await outside.order('tcp', a.ips[i]!, 8082)).toBe(`a-2 sees ${outsideIp}`);
      expect(await pod('a-1').order('tcp', a.ips[i]!, 8081)).toMatch(/^a-1 /);
      expect(await a.actor.order('tcp', a.ips[i]!, 8081)).toMatch(/^a-1 /);
      expect(await outside.order('tcp', a.ips[i]!, 9000)).toMatch(/^a sees /);
    });

    it('come back as a whole when somebody has taken the table away', async () => {
      await must(a.runner, ['nft', 'delete', 'table', table, 'berth-a']);
      await a.proxy.apply([web(a, ...all)]);
      expect(namesIn(await pod('a-1').many(enough, 'tcp', vip, 80))).toEqual(all);
      await a.proxy.remove();
      expect(await must(a.runner, ['nft', 'list', 'tables'])).not.toMatch(/table ip6? berth-a/);
    });
  });

  describe('addresses of load balancers', () => {
    const balancerIp = balancerIps[i]!;
    const announce = async (node: Node, ips: readonly string[]): Promise<void> => {
      expect(await node.inside.send({ announce: [...ips] })).toBe('announced');
    };
    const balanced = (node: Node, more: Partial<ServiceRoute> = {}) =>
      route('default/web', { clusterIps: vips, externalIps: balancerIps, endpoints: on(node, ...all), ...more });

    it('are at the node that answers for them, and follow to another at once', async () => {
      await apply((node) => [balanced(node)]);
      await announce(b, []);
      await announce(a, balancerIps);
      expect(namesIn(await outside.many(enough, 'tcp', balancerIp, 80))).toEqual(all);
      await a.proxy.apply([]); // as if it did not route any more: what comes now is b's
      await announce(b, balancerIps);
      await announce(a, []);
      expect(namesIn(await outside.many(enough, 'tcp', balancerIp, 80))).toEqual(all);
    });

    it('are reached from pods and nodes, whoever answers for them', async () => {
      await apply((node) => [balanced(node)]);
      for (const client of [pod('a-1'), pod('b-1'), a.actor, b.actor]) {
        expect(namesIn(await client.many(enough, 'tcp', balancerIp, 80))).toEqual(all);
      }
    });

    it('refuse what the service does not serve, and lead to no port of the node', async () => {
      await apply((node) => [balanced(node)]);
      await announce(b, balancerIps);
      for (const client of [outside, pod('a-1'), b.actor]) expect(await client.order('tcp', balancerIp, 9000)).toBe('ECONNREFUSED');
    });

    it('show the client to an endpoint of the node, with policy Local', async () => {
      await apply((node) => [balanced(node, { externalTrafficPolicy: 'Local' })]);
      await announce(a, []);
      await announce(b, balancerIps);
      const seen = await outside.many(enough, 'tcp', balancerIp, 80);
      expect([...seen.keys()].toSorted()).toEqual([`b-1 sees ${outsideIp}`, `b-2 sees ${outsideIp}`]);
    });

    it('let in only those of the source ranges', async () => {
      const guarded = (sourceRanges: string[]) => (node: Node) => [
        balanced(node, { externalIps: [], guarded: { ips: balancerIps, sourceRanges } }),
      ];
      await apply(guarded([`${outsideIp}/${family === 'IPv4' ? 32 : 128}`]));
      await announce(b, balancerIps);
      expect(namesIn(await outside.many(enough, 'tcp', balancerIp, 80))).toEqual(all);
      await apply(guarded(['203.0.113.0/24', '2001:db8:1::/48']));
      expect(await outside.order('tcp', balancerIp, 80)).toBe('ETIMEDOUT');
    }, 20_000);

    it('that nobody has are nowhere', async () => {
      await apply(() => []);
      await announce(b, []);
      expect(await outside.order('tcp', balancerIp, 80)).toMatch(/^E(HOSTUNREACH|TIMEDOUT)$/);
      expect(await pod('a-1').order('tcp', balancerIp, 80)).toMatch(/^E(HOSTUNREACH|TIMEDOUT)$/);
    }, 20_000);
  });

  describe('further ranges of services', () => {
    it('are routed on every node while they are there', async () => {
      const [range, ip] = family === 'IPv4' ? ['10.98.0.0/24', '10.98.0.5'] : ['fd00:10:98::/112', 'fd00:10:98::5'];
      const further = async (cidrs: readonly string[]): Promise<void> => {
        for (const node of [a, b]) {
          await routeServiceCidrs({
            nodeIps: node.ips,
            serviceCidrs: [...serviceCidrs, ...loadBalancerCidrs, ...cidrs],
            runner: node.runner,
          });
          await node.proxy.applyServiceCidrs(cidrs);
        }
      };
      await apply((node) => [route('default/web', { clusterIps: [ip], endpoints: on(node, ...all) })]);
      await further([range]);
      for (const client of [pod('a-1'), a.actor]) {
        expect(namesIn(await client.many(enough, 'tcp', ip, 80))).toEqual(all);
        expect(await client.order('tcp', ip, 81)).toBe('ECONNREFUSED');
      }
      const routes = (): Promise<string> => must(a.runner, ['ip', version, 'route', 'show', 'proto', '98']);
      expect(await routes()).toContain(range);
      // Around and inside what is there: ranges may overlap.
      await further(family === 'IPv4' ? ['10.98.0.0/16', '10.98.0.0/24', '10.96.0.0/12'] : ['fd00:10:98::/108']);
      expect(namesIn(await a.actor.many(enough, 'tcp', ip, 80))).toEqual(all);
      await further([]);
      expect(await routes()).not.toContain(range);
      expect(await routes()).toContain(serviceCidrs[i]);
    });
  });

  describe('cluster DNS on the node', () => {
    it('answers its pods at the cluster DNS address', async () => {
      await apply(() => []);
      expect(await pod('a-1').order('dns', clusterDns[i]!, 53, { text: 'web.default.svc.cluster.local' })).toBe(vip);
      expect(await pod('a-1').order('dns', clusterDns[i]!, 53, { text: 'none.default.svc.cluster.local' })).toBe('ENOTFOUND');
      expect(await a.actor.order('dns', clusterDns[i]!, 53, { text: 'web.default.svc.cluster.local' })).toBe(vip);
    });
  });
});

describe('golden files', () => {
  it('are rules that the kernel takes, each of them', async () => {
    const golden = join(import.meta.dirname, 'services', 'golden');
    const read = (file: string): Promise<string> => readFile(join(golden, file), 'utf8');
    const files = (await readdir(golden)).filter((file) => !file.startsWith('base') && !file.startsWith('change-'));
    for (const file of files) {
      const rules = (await read(file.endsWith('-6.nft') ? 'base-6.nft' : 'base.nft')) + (await read(file));
      await must(a.runner, ['nft', '-f', '-'], rules);
    }
    for (const family of ['ip', 'ip6']) await must(a.runner, ['nft', 'delete', 'table', family, 'berth-n1']);
  });
});

describe('routes to other nodes', () => {
  it('follow what is applied, in each family that the cluster has', async () => {
    const shown = async (): Promise<string[]> => {
      const lines = await Promise.all(['-4', '-6'].map((version) => must(a.runner, ['ip', version, 'route', 'show', 'proto', '98'])));
      return lines.flatMap((text) => text.split('\n').flatMap((line) => /^(\S+ via \S+)/.exec(line)?.[1] ?? []));
    };
    const c = { name: 'c', ips: ['192.0.2.13', '2001:db8::13'], podCidrs: ['10.244.3.0/24', 'fd00:10:244:3::/64'] };
    await createNodeRoutes({ clusterCidrs, runner: a.runner }).apply([c]);
    expect(await shown()).toEqual(['10.244.3.0/24 via 192.0.2.13', 'fd00:10:244:3::/64 via 2001:db8::13']);
    await createNodeRoutes({ clusterCidrs: clusterCidrs.slice(0, 1), runner: a.runner }).apply([b]);
    expect(await shown()).toEqual([`${b.podCidrs[0]} via ${b.ips[0]}`, 'fd00:10:244:3::/64 via 2001:db8::13']);
    await createNodeRoutes({ clusterCidrs, runner: a.runner }).apply([{ ...c, ips: ['192.0.2.14'] }, b]);
    expect(await shown()).toEqual([...[0, 1].map((i) => `${b.podCidrs[i]} via ${b.ips[i]}`), '10.244.3.0/24 via 192.0.2.14'].toSorted());
    for (const ip of ips.get('b-1')!) expect(await pod('a-1').order('tcp', ip, 8080)).toMatch(/^b-1 /);
  });
});
