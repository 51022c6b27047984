import { readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type Clock, mustRun, runCommand } from '#base';
import type { ClusterSettings } from './cluster-settings.ts';
import { bridgeOf, cgroupOf, type Layout, type NodePlace, nodesOf, onNodeNetwork } from './layout.ts';
import { isIpv4Range, rangesOf } from './networks.ts';
import { hideHome, lockView } from './node-view.ts';
import { cgroupFolders, ignoringAbsence, isPinned, killProcesses, pinMountNamespace, unpin, within } from './pinned-place.ts';

/*
 * The place in which a node's agent runs on this machine: a mount and a network namespace of its own, pinned under
 * `nodes/<node>/ns`, with one link to the cluster's bridge. It outlives the agent, so that the next agent finds its
 * predecessor's mounts and adopts its containers.
 */

/** The bridge that joins the nodes, with the host's own address on it, and the way from the nodes to the outside. Idempotent. */
export async function ensureBridge(settings: ClusterSettings): Promise<void> {
  const bridge = bridgeOf(settings);
  if ((await runCommand(['ip', 'link', 'show', bridge.name])).code !== 0) {
    await mustRun(['ip', 'link', 'add', bridge.name, 'type', 'bridge']);
  }
  for (const ip of bridge.addresses)
    await mustRun(['ip', 'addr', 'replace', ...onNodeNetwork(ip, settings).split(' '), 'dev', bridge.name]);
  await mustRun(['ip', 'link', 'set', bridge.name, 'up']);
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  if (bridge.addresses.some(isIPv6)) await forwardIpv6();
  await mustRun(['nft', '-f', '-'], { input: hostRules(settings) });
}

/** A machine that forwards takes no routes from routers any more, unless it is told to all the same (Linux, ip-sysctl: accept_ra). */
async function forwardIpv6(): Promise<void> {
  const folder = '/proc/sys/net/ipv6/conf';
  for (const name of await readdir(folder)) {
    const file = join(folder, name, 'accept_ra');
    const before = await readFile(file, 'utf8').catch(() => ''); // the link is gone meanwhile
    if (before.trim() === '1') await writeFile(file, '2');
  }
  await writeFile(join(folder, 'all/forwarding'), '1');
}

/**
 * Traffic of the nodes that leaves this machine goes out with the machine's address. What goes from node to node does not leave it, though
 * with br_netfilter, which Docker loads, it comes by here too.
 */
export function hostRules(settings: Pick<ClusterSettings, 'name' | 'nodeCidr'>): string {
  return rangesOf(settings.nodeCidr)
    .map((range) => {
      const [ip, table] = hostTable(settings, range);
      return `table ${ip} ${table}
delete table ${ip} ${table}
table ${ip} ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ${ip} saddr ${range} oifname != "${bridgeOf(settings).name}" masquerade
  }
}
`;
    })
    .join('');
}

function hostTable({ name }: Pick<ClusterSettings, 'name'>, range: string): [string, string] {
  return [isIpv4Range(range) ? 'ip' : 'ip6', `${name}_host`];
}

export async function removeBridge(settings: ClusterSettings): Promise<void> {
  await ignoringAbsence(['ip', 'link', 'del', bridgeOf(settings).name], /Cannot find device/);
  for (const range of rangesOf(settings.nodeCidr)) {
    await ignoringAbsence(['nft', 'delete', 'table', ...hostTable(settings, range)], /No such file or directory/);
  }
}

function hostLinkOf(settings: ClusterSettings, node: NodePlace): string {
  return `${settings.name}-n${nodesOf(settings).findIndex(({ name }) => name === node.name) + 1}`;
}

/** Makes and pins the node's namespaces and its link, unless they are there. `warn` hears of what this machine cannot do. */
export async function ensureNodePlace(
  { settings, layout }: { settings: ClusterSettings; layout: Layout },
  node: NodePlace,
  warn: (message: string) => void,
): Promise<void> {
  const files = layout.node(node.name);
  if (await isPinned(files.networkNamespace)) return;
  await removeNodePlace(settings, layout, node); // what a crash half-way left
  await pinMountNamespace(files);
  await writeFile(files.networkNamespace, '', { mode: 0o600 });
  const inMount = within(files);
  await mustRun(inMount('mount', '--make-rprivate', '/'));
  await hideHome(layout, files);
  const unlocked = await lockView(files);
  if (unlocked !== undefined) {
    warn(`privileged pods can uncover the cluster's keys: no user namespace can be made on this machine (${unlocked})`);
  }
  // What a container mounts or sees mounted in a volume (`mountPropagation`) passes through the mounts of its node.
  await mustRun(inMount('mount', '--make-rshared', '/'));
  await linkNode(settings, files.networkNamespace, node);
}

/** The network namespace is pinned last, when all else is in place: it is the sign that the place is whole. */
async function linkNode(settings: ClusterSettings, namespacePath: string, node: NodePlace): Promise<void> {
  const bridge = bridgeOf(settings);
  const link = hostLinkOf(settings, node);
  await mustRun(['unshare', `--net=${namespacePath}`, 'true']);
  try {
    await ignoringAbsence(['ip', 'link', 'del', link], /Cannot find device/);
    await mustRun(['ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespacePath]);
    await mustRun(['ip', 'link', 'set', link, 'master', bridge.name, 'up']);
    const lines = [
      'link set lo up',
      ...node.ips.map((ip) => `addr add ${onNodeNetwork(ip, settings)} dev eth0`),
      'link set eth0 up',
      ...bridge.addresses.map((ip) => `route add default via ${ip}`),
    ];
    await mustRun(['nsenter', `--net=${namespacePath}`, '--', 'ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  } catch (err) {
    await runCommand(['umount', namespacePath]);
    throw err;
  }
}

/** Kills whatever the node runs (agent, conmon, containers) and takes its namespaces, link and cgroups away. Idempotent. */
export async function removeNodePlace(settings: ClusterSettings, layout: Layout, node: NodePlace, clock?: Clock): Promise<void> {
  const files = layout.node(node.name);
  if (clock) {
    await killProcesses({ of: `node ${node.name}`, mountNamespace: files.mountNamespace, cgroup: cgroupOf(settings, node.name) }, clock);
  }
  await ignoringAbsence(['ip', 'link', 'del', hostLinkOf(settings, node)], /Cannot find device/);
  // First the sign that the place is whole, should this end half-way.
  await unpin([files.networkNamespace, files.mountNamespace, files.namespaces]);
  await rm(files.namespaces, { recursive: true, force: true });
  for (const path of await cgroupFolders(cgroupOf(settings, node.name))) await rmdir(path);
}
