import { join } from 'node:path';
import type { NetworkPolicy, NetworkPolicySpec } from '#api/types';
import { silentLogger } from '#telemetry';
import type { PodNetwork, PolicyPod, PolicyTables, PolicyWorld } from '../contract.ts';
import { createPodNetwork } from '../links/pod-network.ts';
import { prepareNode } from '../node.ts';
import { createNodeRoutes } from '../routes/node-routes.ts';
import { must, type Runner, runnerIn } from '../runner.ts';
import { createServiceProxy } from '../services/service-proxy.ts';
import { type Actor, Namespaces } from '../testing/namespaces.ts';
import { route } from '../testing/routes.ts';
import { createPolicyTables } from './policy-tables.ts';

/*
 * Policies by real packets: two nodes with pods and somebody outside, in network namespaces of their own. Each case says who reaches whom, over
 * IPv4 and IPv6 alike.
 */
const clusterCidrs = ['10.244.0.0/16', 'fd00:10:244::/56'];
const serviceCidrs = ['10.96.0.0/16', 'fd00:10:96::/112'];
const clusterDns = ['10.96.0.10', 'fd00:10:96::a'];
const vips = ['10.96.0.20', 'fd00:10:96::20'];
const families = [0, 1] as const;

interface Node {
  ips: readonly string[];
  podCidrs: readonly string[];
  path: string;
  runner: Runner;
  network: PodNetwork;
  policies: PolicyTables;
  proxy: ReturnType<typeof createServiceProxy>;
}

let namespaces: Namespaces;
const nodes = new Map<string, Node>();
const actors = new Map<string, Actor>();
const addresses = new Map<string, readonly string[]>();
const podOf = new Map<string, PolicyPod>();

const tablesOf = ({ podCidrs, path, runner }: Pick<Node, 'podCidrs' | 'path' | 'runner'>): PolicyTables =>
  createPolicyTables({ table: 'pol', podCidrs, clusterDns, logger: silentLogger, runner, netns: path });

const link = (ips: readonly string[]): string[] => [
  ...ips.map((ip) => `addr add ${ip}/${ip.includes(':') ? '64 dev eth0 nodad' : '24 dev eth0'}`),
  'link set eth0 up',
];

async function addMachine(name: string, ips: readonly string[], bridge: string): Promise<string> {
  const path = namespaces.add(name);
  namespaces.ip(bridge, `link add v${name} type veth peer name eth0 netns ${path}`, `link set v${name} master br0 up`);
  namespaces.ip(path, ...link(ips), 'link set lo up');
  addresses.set(name, ips);
  return path;
}

async function addNode(name: string, number: number, bridge: string): Promise<void> {
  const ips = [`192.0.2.${10 + number}`, `2001:db8::${10 + number}`];
  const podCidrs = [`10.244.${number}.0/24`, `fd00:10:244:${number}::/64`];
  const path = await addMachine(name, ips, bridge);
  const runner = runnerIn(path);
  await prepareNode({ nodeIps: ips, serviceCidrs, clusterDns, podCidrs, runner });
  const directory = join(namespaces.directory, name);
  const network = await createPodNetwork({ podCidrs, directory, interfacePrefix: `p${number}`, table: 'links', nodeIps: ips, netns: path });
  const proxy = createServiceProxy({
    table: 'svc',
    clusterCidrs,
    serviceCidrs,
    logger: silentLogger,
    runner,
    forget: async () => undefined,
  });
  nodes.set(name, { ips, podCidrs, path, runner, network, proxy, policies: tablesOf({ podCidrs, path, runner }) });
  await namespaces.start(path, 'node-process.ts', clusterDns.join());
  actors.set(name, await namespaces.start(path, 'actor.ts', name, '9000'));
}

async function addPod(node: string, name: string, pod: Pick<PolicyPod, 'namespace' | 'labels'>): Promise<void> {
  const path = namespaces.add(name);
  const { ips } = await nodes.get(node)!.network.attach({ sandboxId: name, netnsPath: path });
  addresses.set(name, ips);
  podOf.set(name, { ...pod, ips, ports: [{ name: 'http', protocol: 'TCP', port: 8080 }] });
  actors.set(name, await namespaces.start(path, 'actor.ts', name, '8080'));
}

const labelled = { one: { team: 'red' }, two: { team: 'blue' } };
const policy = (spec: NetworkPolicySpec, namespace = 'one', name = 'p'): NetworkPolicy =>
  ({ metadata: { name, namespace }, spec }) as NetworkPolicy;

async function apply(policies: readonly NetworkPolicy[], change: (world: PolicyWorld) => PolicyWorld = (world) => world): Promise<void> {
  const pods = [...podOf.values()];
  for (const [name, node] of nodes) {
    const local = [...podOf].filter(([pod]) => pod.startsWith(name)).map(([, pod]) => pod);
    await node.policies.apply(
      change({ policies, namespaces: Object.entries(labelled).map(([each, labels]) => ({ name: each, labels })), pods, local }),
    );
  }
}

/** `a-2 > a-1` or `a-2 > vip:80`: over both families. */
async function reaches(way: string, waitMs: number): Promise<boolean> {
  const [from = '', target = ''] = way.split(' > ');
  const [to = '', port = podOf.has(to) ? '8080' : '9000'] = target.split(':');
  const hosts = to === 'vip' ? vips : addresses.get(to)!;
  const answers = await Promise.all(families.map((i) => actors.get(from)!.order('tcp', hosts[i]!, Number(port), { waitMs })));
  const [got, got6] = answers.map((answer) => / sees /.test(answer));
  if (got !== got6) throw new Error(`${way}: ${answers.join(' but ')}`);
  return got!;
}

/** Of the ways exactly these are open. A closed one is known by its silence: what is to be open is given all the time that it needs. */
async function expectOpen(ways: readonly string[], want: readonly string[]): Promise<void> {
  const results = await Promise.all(ways.map((way) => reaches(way, want.includes(way) ? 10_000 : 500)));
  expect(ways.filter((_way, i) => results[i])).toEqual(ways.filter((way) => want.includes(way)));
}

beforeAll(async () => {
  namespaces = new Namespaces();
  const bridge = namespaces.add('x');
  namespaces.ip(bridge, 'link add br0 type bridge', 'link set br0 up');
  await addNode('a', 1, bridge);
  await addNode('b', 2, bridge);
  const away = await addMachine('out', ['192.0.2.99', '2001:db8::99'], bridge);
  actors.set('out', await namespaces.start(away, 'actor.ts', 'out', '9000'));
  await addPod('a', 'a-1', { namespace: 'one', labels: { app: 'web' } });
  await addPod('a', 'a-2', { namespace: 'one', labels: { app: 'client' } });
  await addPod('b', 'b-1', { namespace: 'two', labels: { app: 'client' } });
  const all = [...nodes].map(([name, node]) => ({ name, ...node }));
  for (const node of all) await createNodeRoutes({ clusterCidrs, runner: node.runner }).apply(all.filter(({ name }) => name !== node.name));
}, 60_000);
afterAll(() => namespaces.destroy());

const everywhere = [
  'a-2 > a-1',
  'b-1 > a-1',
  'b-1 > vip:80',
  'a-1 > b-1',
  'a-1 > vip:80',
  'a > a-1',
  'b > a-1',
  'out > a:30080',
  'a-1 > out',
  'a-1 > a',
];
const web = { podSelector: { matchLabels: { app: 'web' } } };
const ingress = (...rules: NonNullable<NetworkPolicySpec['ingress']>): NetworkPolicySpec => ({
  ...web,
  policyTypes: ['Ingress'],
  ingress: rules,
});
const egress = (...rules: NonNullable<NetworkPolicySpec['egress']>): NetworkPolicySpec => ({
  ...web,
  policyTypes: ['Egress'],
  egress: rules,
});
const outgoing = ['a-1 > b-1', 'a-1 > vip:80', 'a-1 > out'];
/** What no policy of ingress to a-1 closes: itself, what it begins, and its node. */
const always = ['a-1 > b-1', 'a-1 > vip:80', 'a > a-1', 'a-1 > out', 'a-1 > a'];

describe('a policy in force', () => {
  beforeAll(async () => {
    const endpoints = families.map((i) => ({ ip: addresses.get('a-1')![i]!, port: 8080 }));
    for (const [name, { proxy }] of nodes) {
      const here = endpoints.map((each) => ({ ...each, local: name === 'a' }));
      await proxy.apply([route('one/web', { clusterIps: vips, nodePort: 30080, externalTrafficPolicy: 'Local', endpoints: here })]);
    }
  });

  it.each<[string, NetworkPolicy[], string[]]>([
    ['none', [], everywhere],
    ['that denies all to come in', [policy(ingress())], always],
    ['of pods by label', [policy(ingress({ from: [{ podSelector: { matchLabels: { app: 'client' } } }] }))], [...always, 'a-2 > a-1']],
    [
      'of a namespace',
      [policy(ingress({ from: [{ namespaceSelector: { matchLabels: { team: 'blue' } } }] }))],
      [...always, 'b-1 > a-1', 'b-1 > vip:80'],
    ],
    [
      'of a namespace and pods in it that there are none of',
      [policy(ingress({ from: [{ namespaceSelector: { matchLabels: { team: 'blue' } }, podSelector: { matchLabels: { app: 'web' } } }] }))],
      always,
    ],
    [
      'of ranges with a hole: the client outside is seen by its own address',
      [
        policy(
          ingress({ from: [{ ipBlock: { cidr: '192.0.2.0/24', except: ['192.0.2.12/32'] } }, { ipBlock: { cidr: '2001:db8::99/128' } }] }),
        ),
      ],
      [...always, 'out > a:30080'],
    ],
    ['of a port by its name, behind a service too', [policy(ingress({ ports: [{ port: 'http' }] }))], everywhere],
    ['of ports in a range beside it', [policy(ingress({ ports: [{ port: 8081, endPort: 8090 }] }))], always],
    ['of another protocol', [policy(ingress({ ports: [{ port: 8080, protocol: 'UDP' }] }))], always],
    ['that another adds to', [policy(ingress()), policy(ingress({ from: [{ podSelector: {} }] }), 'one', 'q')], [...always, 'a-2 > a-1']],
    ['that denies all to go out', [policy(egress())], everywhere.filter((way) => !outgoing.includes(way) || way === 'a-1 > vip:80')],
    [
      'that lets out to pods of a namespace',
      [policy(egress({ to: [{ namespaceSelector: { matchLabels: { team: 'blue' } } }] }))],
      everywhere.filter((way) => way !== 'a-1 > out'),
    ],
    ['that lets out to a named port', [policy(egress({ ports: [{ port: 'http' }] }))], everywhere.filter((way) => way !== 'a-1 > out')],
  ])(
    '%s',
    async (_name, policies, want) => {
      await apply(policies);
      await expectOpen(
        everywhere,
        everywhere.filter((way) => want.includes(way)),
      );
    },
    20_000,
  );

  it('of egress to the DNS alone lets names be asked for, and nothing else', async () => {
    const lookUp = (): Promise<string[]> =>
      Promise.all(families.map((i) => actors.get('a-1')!.order('dns', clusterDns[i]!, 53, { text: 'web.default.svc.cluster.local' })));
    const kubeDns = { podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } }, namespaceSelector: {} };
    const world = (given: PolicyWorld): PolicyWorld => ({ ...given, namespaces: [...given.namespaces, { name: 'kube-system' }] });
    await apply([policy(egress({ to: [kubeDns], ports: [{ port: 53, protocol: 'UDP' }] }))], world);
    expect(await lookUp()).toEqual(vips);
    await expectOpen(outgoing, ['a-1 > vip:80']);
    await apply([policy(egress())], world);
    expect(await lookUp()).toEqual(['ETIMEOUT', 'ETIMEOUT']);
  }, 20_000);

  it('cuts a connection that stands when it comes, and lets it go on when it goes', async () => {
    await apply([]);
    const client = actors.get('a-2')!;
    const [to] = addresses.get('a-1')!;
    expect(await client.order('hold', to!, 8080)).toMatch(/^a-1 /);
    expect(await client.order('say', to!, 8080, { text: 'one' })).toBe('a-1 echoes one');
    await apply([policy(ingress())]);
    expect(await client.order('say', to!, 8080, { text: 'two' })).toBe('ETIMEDOUT');
    await expectOpen(['a-2 > a-1'], []);
    await apply([]);
    await expectOpen(['a-2 > a-1'], ['a-2 > a-1']);
  }, 20_000);

  it('follows labels of pods without a change of its rules', async () => {
    const policies = [policy(ingress({ from: [{ podSelector: { matchLabels: { app: 'client' } } }] }))];
    const as =
      (labels: Record<string, string>) =>
      (world: PolicyWorld): PolicyWorld => ({
        ...world,
        pods: world.pods.map((pod) => (pod === podOf.get('a-2') ? { ...pod, labels } : pod)),
      });
    await apply(policies);
    await expectOpen(['a-2 > a-1'], ['a-2 > a-1']);
    await apply(policies, as({ app: 'other' }));
    await expectOpen(['a-2 > a-1'], []);
    await apply(policies, as({ app: 'client' }));
    await expectOpen(['a-2 > a-1'], ['a-2 > a-1']);
    // Not selected any more: its way in goes with its label.
    await apply(policies, (world) => ({ ...world, local: world.local.map((pod) => ({ ...pod, labels: {} })) }));
    await expectOpen(['b-1 > a-1'], ['b-1 > a-1']);
  }, 20_000);

  it('is in force before a pod is reached for the first time, and after the agent has begun anew', async () => {
    const ways = ['a-2 > a-1', 'b-1 > a-1', 'a-1 > b-1', 'a > a-1'];
    const without = (world: PolicyWorld): PolicyWorld => ({ ...world, local: world.local.filter((pod) => pod !== podOf.get('a-1')) });
    await apply([], without);
    await expectOpen(ways, ['a > a-1']);
    await apply([policy(ingress({ from: [{ podSelector: {} }] }))]);
    await expectOpen(ways, ['a-2 > a-1', 'a-1 > b-1', 'a > a-1']);
    const a = nodes.get('a')!;
    nodes.set('a', { ...a, policies: tablesOf(a) });
    await expectOpen(ways, ['a-2 > a-1', 'a-1 > b-1', 'a > a-1']);
    await apply([policy(ingress())]);
    await expectOpen(ways, ['a-1 > b-1', 'a > a-1']);
  }, 20_000);

  it('comes back as a whole when somebody has taken a table away', async () => {
    await apply([policy(ingress())]);
    await must(nodes.get('a')!.runner, ['nft', 'delete', 'table', 'ip', 'pol']);
    await apply([policy(ingress())], (world) => ({ ...world, local: world.local.slice(0, 1) }));
    await expectOpen(['a-2 > a-1', 'a > a-1'], ['a > a-1']);
  }, 20_000);
});
