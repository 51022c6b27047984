import { silentLogger } from '#telemetry';
import type { BridgeNetworks, ContainerBridge, ContainerEndpoint, PublishedPort } from '../contract.ts';
import { must, type Runner, runnerIn } from '../runner.ts';
import { type Actor, Namespaces } from '../testing/namespaces.ts';
import { createBridgeNetworks } from './bridge-networks.ts';

/*
 * A node with a neighbour on its link, bridges and containers, in network namespaces of their own. Each serves its name on port 53, which is
 * the one port of the resolver.
 */
const nodeIp = '192.0.2.11';
const outsideIp = '192.0.2.99';
const bridge = (link: string, subnet: string, more: Partial<ContainerBridge> = {}): ContainerBridge => ({
  link,
  ranges: [{ cidr: `${subnet}.0/24`, gateway: `${subnet}.1` }],
  internal: false,
  masquerade: true,
  cluster: false,
  ...more,
});
const one = bridge('br-one', '172.30.1');
const two = bridge('br-two', '172.30.2', { cluster: true });
const inner = bridge('br-inner', '172.30.3', { internal: true });
const apart = bridge('br-apart', '172.30.4', { masquerade: false });
const bridges = [one, two, inner, apart];
const published = (hostIp: string, hostPort: number, containerIp: string): PublishedPort => ({
  protocol: 'tcp',
  hostIp,
  hostPort,
  containerIp,
  containerPort: 53,
});
const udp: PublishedPort = { ...published('0.0.0.0', 8083, '172.30.1.2'), protocol: 'udp' };
const ports = [
  udp,
  published('0.0.0.0', 8080, '172.30.1.2'),
  published('127.0.0.1', 8081, '172.30.1.2'),
  published(nodeIp, 8082, '172.30.2.2'),
];

let namespaces: Namespaces;
let node: string;
let runner: Runner;
let networks: BridgeNetworks;
const actors: Record<string, Actor> = {};

const open = (): BridgeNetworks =>
  createBridgeNetworks({ table: 'spec-bridges', clusterCidrs: ['10.96.0.0/16'], resolverPort: 53, logger: silentLogger, netns: node });

async function container(name: string, of: ContainerBridge, last: number, more: Partial<ContainerEndpoint> = {}): Promise<void> {
  const { cidr, gateway = '' } = of.ranges[0]!;
  const netnsPath = namespaces.add(name);
  const address = cidr.replace('.0/', `.${last}/`);
  const mac = `02:42:ac:1e:00:0${last}`;
  await networks.attach({
    netnsPath,
    bridge: of.link,
    link: `bs-${name}`,
    mac,
    addresses: [address],
    isolated: false,
    hairpin: true,
    ...more,
  });
  await networks.lead({ netnsPath, link: `bs-${name}`, gateways: of.internal ? [] : [gateway], resolver: gateway });
  actors[name] = await namespaces.start(netnsPath, 'actor.ts', name, '53');
}

const asks = (name: string, host: string, port = 53): Promise<string> => actors[name]!.order('tcp', host, port, { waitMs: 400 });

beforeAll(async () => {
  namespaces = new Namespaces();
  node = namespaces.add('node');
  const outside = namespaces.add('outside');
  runner = runnerIn(node);
  namespaces.ip(outside, `link add eth0 type veth peer name eth0 netns ${node}`, `addr add ${outsideIp}/24 dev eth0`, 'link set eth0 up');
  namespaces.ip(outside, `route add 172.30.0.0/16 via ${nodeIp}`);
  namespaces.ip(node, 'link set lo up', `addr add ${nodeIp}/24 dev eth0`, 'link set eth0 up', 'addr add 10.96.0.10/32 dev lo');
  networks = open();
  for (const each of bridges) await networks.raise(each);
  await networks.applyRules(bridges, ports);
  await container('a', one, 2);
  await container('b', one, 3);
  await container('c', two, 2);
  await container('d', inner, 2);
  await container('e', apart, 2, { isolated: true });
  await container('f', apart, 3, { isolated: true });
  for (const [name, path] of Object.entries({ outside, node })) actors[name] = await namespaces.start(path, 'actor.ts', name, '53');
}, 60_000);
afterAll(() => namespaces.destroy());

describe('from one to another', () => {
  it.each([
    ['a', '172.30.1.3', 'b sees 172.30.1.2', 'neighbours on a bridge reach each other'],
    ['a', '172.30.2.2', 'ETIMEDOUT', 'another bridge is another world'],
    ['a', outsideIp, `outside sees ${nodeIp}`, 'the world sees the node'],
    ['outside', '172.30.1.2', 'ETIMEDOUT', 'the world reaches nothing that is not published'],
    ['outside', '172.30.4.2', 'ETIMEDOUT', 'nor where addresses are shown as they are'],
    ['d', outsideIp, 'ENETUNREACH', 'an inner bridge leads nowhere'],
    ['outside', '172.30.3.2', 'ETIMEDOUT', 'and nobody gets in'],
    ['d', '172.30.3.1', 'node sees 172.30.3.2', 'but to the node'],
    ['e', '172.30.4.3', 'ETIMEDOUT', 'who is isolated does not see its neighbours'],
    ['e', '172.30.4.1', 'node sees 172.30.4.2', 'but the node'],
    ['node', '172.30.1.2', 'a sees 172.30.1.1', 'the node reaches containers'],
    ['a', '127.0.0.11', 'node sees 172.30.1.2', 'the address of the resolver leads to the node'],
    ['d', '127.0.0.11', 'node sees 172.30.3.2', 'of an inner bridge too'],
    ['a', '127.0.0.1', 'a sees 127.0.0.1', 'the rest of the loopback is its own'],
    ['a', '10.96.0.10', 'ETIMEDOUT', 'services of the cluster are not there'],
    ['c', '10.96.0.10', 'node sees 172.30.2.2', 'but for a bridge of the cluster'],
  ])(
    '%s → %s: %s (%s)',
    async (from, to, answer) => {
      expect(await asks(from, to)).toBe(answer);
    },
    10_000,
  );

  it('keeps the loopback of the node, and of a neighbour, from one that leads it over its link', async () => {
    const path = `/run/netns/bt${process.pid}-b`;
    namespaces.ip(
      path,
      'route replace 127.0.0.21 via 172.30.1.1 dev eth0 table local',
      'route replace 127.0.0.22 via 172.30.1.2 dev eth0 table local',
    );
    expect(await asks('b', '127.0.0.21')).toBe('ETIMEDOUT');
    expect(await asks('b', '127.0.0.22')).toBe('ETIMEDOUT');
  });
});

describe('a published port', () => {
  it.each([
    ['outside', nodeIp, 8080, `a sees ${outsideIp}`],
    ['node', nodeIp, 8080, `a sees ${nodeIp}`],
    ['node', '127.0.0.1', 8080, 'a sees 172.30.1.1'],
    ['node', '127.0.0.1', 8081, 'a sees 172.30.1.1'],
    ['outside', nodeIp, 8081, 'ECONNREFUSED'],
    ['outside', nodeIp, 8082, `c sees ${outsideIp}`],
    ['node', '127.0.0.1', 8082, 'ECONNREFUSED'],
    ['a', nodeIp, 8080, 'a sees 172.30.1.1'],
    ['b', nodeIp, 8080, 'a sees 172.30.1.1'],
    ['c', nodeIp, 8080, 'a sees 172.30.1.1'],
    ['b', '172.30.1.1', 8080, 'a sees 172.30.1.1'],
  ])('is found by %s at %s:%i: %s', async (from, host, port, answer) => {
    expect(await asks(from, host, port)).toBe(answer);
  });
});

it('leads datagrams too', async () => {
  expect(await actors['outside']!.order('udp', nodeIp, 8083)).toBe(`a sees ${outsideIp}`);
  expect(await actors['b']!.order('udp', nodeIp, 8083)).toBe('a sees 172.30.1.1');
});

describe('the rules', () => {
  const shown = (): Promise<string> => must(runner, ['nft', 'list', 'ruleset']);

  it('are the same when a process comes back, and when somebody took them away', async () => {
    const before = await shown();
    await open().applyRules(bridges, ports);
    expect(await shown()).toBe(before);
    await must(runner, ['nft', 'flush', 'ruleset']);
    await networks.applyRules(bridges, [...ports].reverse().slice(1));
    await networks.applyRules(bridges, ports);
    expect(await shown()).toBe(before);
  });

  it('follow a port that moves, and a bridge that goes', async () => {
    await networks.applyRules(bridges, [published('0.0.0.0', 8080, '172.30.2.2')]);
    expect(await asks('outside', nodeIp, 8080)).toBe(`c sees ${outsideIp}`);
    await networks.applyRules([one], []);
    expect(await asks('outside', nodeIp, 8080)).toBe('ECONNREFUSED');
    expect(await shown()).not.toContain('br-two');
  });
});

it('knows the interfaces of the node', async () => {
  expect([await networks.has('eth0'), await networks.has('br-one'), await networks.has('br-none')]).toEqual([true, true, false]);
});

it('takes links away, again and again', async () => {
  for (let i = 0; i < 2; i++) {
    await networks.detach('bs-a');
    await networks.lower('br-one');
  }
  expect(await must(runner, ['ip', '-br', 'link'])).not.toMatch(/bs-a|br-one/);
});
