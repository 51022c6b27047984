import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PodNetwork } from '../contract.ts';
import { prepareNode } from '../node.ts';
import { must, type Runner, runnerIn } from '../runner.ts';
import { advertisement, arpReply, udp4, udp6 } from '../testing/frames.ts';
import { Namespaces } from '../testing/namespaces.ts';
import { identityOf } from './pod-identity.ts';
import { createPodNetwork, linkName } from './pod-network.ts';
import { SourceGuard } from './source-guard.ts';

/*
 * A node with a neighbour on its link and two pods, in network namespaces of their own. One pod sends frames as it likes. A true datagram
 * behind them is the fence: one link keeps the order, so what has not come before it was dropped.
 */
const forger = join(import.meta.dirname, '../testing/forge.py');
const PORT = 7777;
const nodeIp = '192.0.2.11';
const nodeIp6 = '2001:db8::11';
const podCidrs = ['10.244.1.0/24', 'fd00:10:244:1::/64'];
const outsideIp = '192.0.2.99';

let namespaces: Namespaces;
let node: string;
let outside: string;
let runner: Runner;
let network: PodNetwork;
const pods = { evil: { path: '', ip: '', ip6: '' }, victim: { path: '', ip: '', ip6: '' } };

const open = (): Promise<PodNetwork> =>
  createPodNetwork({
    podCidrs,
    directory: join(namespaces.directory, 'node'),
    interfacePrefix: 'bg',
    table: 'guarded',
    nodeIps: [nodeIp, nodeIp6],
    netns: node,
  });

const linkLocal = (ip: string): string =>
  identityOf([ip])
    .linkLocal.toString('hex')
    .replace(/(.{4})(?=.)/g, '$1:');
const own = (to: string): { mac: string; from: string; to: string } => ({ mac: identityOf([pods.evil.ip]).mac, from: pods.evil.ip, to });

function send(...frames: readonly string[]): void {
  execFileSync('nsenter', [`--net=${pods.evil.path}`, '--', 'python3', forger, 'send', ...frames]);
}

/** Source addresses of what reaches the port in a namespace while `frames` are sent. */
async function sourcesSeen(path: string, ...frames: readonly string[]): Promise<string[]> {
  const child = spawn('nsenter', [`--net=${path}`, '--', 'python3', forger, 'sources', String(PORT)]);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') send(...frames);
    else lines.push(line);
  }
  return lines;
}

/**
 * A link-local address is tentative for a second, and what is sent to it meanwhile is dropped (RFC 4862, 5.4): a listener would wait for ever for
 * a datagram that came too early.
 */
async function addressesSettled(link: string): Promise<void> {
  while ((await must(runner, ['ip', '-6', 'addr', 'show', 'dev', link])).includes('tentative'));
}

beforeAll(async () => {
  namespaces = new Namespaces();
  node = namespaces.add('node');
  outside = namespaces.add('out');
  namespaces.ip(outside, `link add eth0 type veth peer name eth0 netns ${node}`, `addr add ${outsideIp}/24 dev eth0`, 'link set eth0 up');
  namespaces.ip(node, `addr add ${nodeIp}/24 dev eth0`, `addr add ${nodeIp6}/64 dev eth0 nodad`, 'link set eth0 up');
  namespaces.ip(outside, `route add 10.244.1.0/24 via ${nodeIp}`);
  runner = runnerIn(node);
  await prepareNode({
    nodeIps: [nodeIp, nodeIp6],
    serviceCidrs: ['10.96.0.0/16', 'fd00:10:96::/112'],
    clusterDns: ['10.96.0.10', 'fd00:10:96::a'],
    podCidrs,
    runner,
  });
  network = await open();
  for (const [name, pod] of Object.entries(pods)) {
    pod.path = namespaces.add(name);
    [pod.ip = '', pod.ip6 = ''] = (await network.attach({ sandboxId: name, netnsPath: pod.path })).ips;
  }
  for (const name of Object.keys(pods)) await addressesSettled(linkName('bg', name));
}, 60_000);
afterAll(() => namespaces.destroy());

/** Sources that are not the pod's: another pod, the node, its neighbours, nobody, the internet, the cluster's own. */
const falseSources = (): string[] => [
  pods.victim.ip,
  nodeIp,
  '192.0.2.98',
  '10.244.1.77',
  '8.8.8.8',
  '10.96.0.10',
  '169.254.1.1',
  '127.0.0.1',
];

describe.each([
  { to: 'another pod', path: () => pods.victim.path, ip: () => pods.victim.ip },
  { to: 'the node', path: () => node, ip: () => nodeIp },
  { to: 'a neighbour of the node', path: () => outside, ip: () => outsideIp },
])('a pod that sends to $to', ({ path, ip }) => {
  it('does not get through under an address that is not its own', async () => {
    const forged = falseSources().map((from) => udp4({ ...own(ip()), from }, PORT));
    expect(await sourcesSeen(path(), ...forged, udp4(own(ip()), PORT, 'last'))).toEqual([]);
  });

  it('does not get through with another hardware address', async () => {
    const [genuine, forged] = [udp4(own(ip()), PORT), udp4({ ...own(ip()), mac: '0a:58:00:00:00:01' }, PORT)];
    expect(await sourcesSeen(path(), forged, genuine, forged, udp4(own(ip()), PORT, 'last'))).toEqual([pods.evil.ip]);
  });
});

describe('a pod', () => {
  it('gets through under its own addresses', async () => {
    expect(await sourcesSeen(node, udp4(own(nodeIp), PORT), udp4(own(nodeIp), PORT, 'last'))).toEqual([pods.evil.ip]);
    const ends = { ...own(''), from: linkLocal(pods.evil.ip), to: 'fe80:0000:0000:0000:ecee:eeff:feee:eeee' };
    expect(await sourcesSeen(node, udp6(ends, PORT), udp6(ends, PORT, 'last'))).toEqual([expect.stringMatching(/^fe80::858:/)]);
    const global = { ...own(''), from: pods.evil.ip6, to: nodeIp6 };
    expect(await sourcesSeen(node, udp6(global, PORT), udp6(global, PORT, 'last'))).toEqual([pods.evil.ip6]);
  });

  it.each([
    ['another link-local address', 'fe80:0000:0000:0000:0000:0000:0000:0001'],
    ['a global address', '2001:0db8:0000:0000:0000:0000:0000:0001'],
    ['the link-local address of its neighbour', () => linkLocal(pods.victim.ip)],
    ['the global address of its neighbour', () => pods.victim.ip6],
    ['the global address of the node', () => nodeIp6],
  ])('does not get through to the node as %s', async (_name, from) => {
    const true6 = { ...own(''), from: linkLocal(pods.evil.ip), to: 'fe80:0000:0000:0000:ecee:eeff:feee:eeee' };
    const false6 = { ...true6, from: typeof from === 'string' ? from : from() };
    expect(await sourcesSeen(node, udp6(false6, PORT), udp6(true6, PORT, 'last'))).toEqual([]);
  });

  it('teaches the node no neighbour but itself', async () => {
    const link = linkName('bg', 'evil');
    const { mac } = own('');
    const toAll = { mac, from: linkLocal(pods.evil.ip), to: 'ff02:0000:0000:0000:0000:0000:0000:0001' };
    const address = '10.244.1.77';
    const address6 = 'fe80:0000:0000:0000:0000:0000:0000:0077';
    // The node asks for both: an answer would be believed.
    namespaces.ip(node, `neigh replace ${address} dev ${link} nud incomplete`, `neigh replace fe80::77 dev ${link} nud incomplete`);
    const lies = [
      arpReply({ mac, sender: mac, address, target: nodeIp }),
      arpReply({ mac, sender: '0a:58:00:00:00:09', address: pods.evil.ip, target: nodeIp }),
      advertisement(toAll, 136, address6),
      advertisement({ ...toAll, from: address6 }, 136, address6),
      advertisement(toAll, 136, pods.victim.ip6),
      advertisement(toAll, 134, ''),
    ];
    expect(await sourcesSeen(node, ...lies, udp4(own(nodeIp), PORT, 'last'))).toEqual([]);
    const neighbours = await must(runner, ['ip', 'neigh', 'show', 'dev', link]);
    for (const line of neighbours.split('\n').filter((text) => text.includes('lladdr'))) expect(line).toContain(`lladdr ${mac}`);
    expect(neighbours).not.toMatch(/(10\.244\.1\.77|fe80::77) lladdr/);
    expect(await must(runner, ['ip', '-6', 'route', 'show', 'default'])).toBe('');
  });

  it('answers the node in neighbour discovery and ARP for itself', async () => {
    const link = linkName('bg', 'victim');
    const target = linkLocal(pods.victim.ip).replace('fe80:0000:0000:0000', 'fe80:');
    await must(runner, ['ip', 'neigh', 'flush', 'dev', link]);
    await must(runner, ['busybox', 'ping', '-c', '1', '-W', '5', pods.victim.ip]);
    for (const ip of [`${target}%${link}`, pods.victim.ip6]) await must(runner, ['busybox', 'ping', '-6', '-c', '1', '-W', '5', ip]);
    expect(await must(runner, ['ip', 'neigh', 'show', 'dev', link])).toContain(`lladdr ${identityOf([pods.victim.ip]).mac}`);
  });
});

describe('the binding', () => {
  const shown = async (): Promise<string> =>
    (await must(runner, ['nft', 'list', 'table', 'inet', 'guarded'])) + (await must(runner, ['nft', 'list', 'table', 'arp', 'guarded']));

  it('is the same when an agent comes back, and when somebody took it away', async () => {
    const before = await shown();
    network = await open();
    expect(await shown()).toBe(before);
    await must(runner, ['nft', 'flush', 'ruleset']);
    await network.attach({ sandboxId: 'victim', netnsPath: pods.victim.path });
    expect(await shown()).toBe(before);
  });

  it('holds for a link that a former agent made with another hardware address', async () => {
    namespaces.ip(pods.evil.path, 'link set eth0 address 0a:58:00:00:00:33');
    await (await open()).attach({ sandboxId: 'evil', netnsPath: pods.evil.path });
    expect(await must(runnerIn(pods.evil.path), ['ip', 'link', 'show', 'eth0'])).toContain(identityOf([pods.evil.ip]).mac);
    await must(runner, ['busybox', 'ping', '-c', '1', '-W', '5', pods.evil.ip]);
  });

  it('goes with the pods, however many go at once, and though one is gone already', async () => {
    const guard = await SourceGuard.open({ table: 'many', runner, netns: node }, []);
    const names = ['v1', 'v2', 'v3', 'v4'];
    for (const [i, name] of names.entries()) await guard.bind({ name, ips: [`10.244.9.${i + 1}`, `fd00:9::${i + 1}`] });
    await must(runner, ['nft', 'delete', 'element', 'inet', 'many', 'links', '{ "v2" }']);
    await Promise.all(names.slice(0, 3).map((name) => guard.release(name)));
    const listed = await must(runner, ['nft', 'list', 'table', 'inet', 'many']);
    expect(names.filter((name) => listed.includes(`"${name}"`))).toEqual(['v4']);
  });

  it('goes with the pod', async () => {
    const name = linkName('bg', 'victim');
    expect(await shown()).toContain(name);
    await network.detach('victim');
    expect(await shown()).not.toContain(name);
  });
});
