import { access, mkdir, readdir, readFile, readlink, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type Clock, mustRun, runCommand } from '#base';
import type { ClusterSettings } from './cluster-settings.ts';
import { bridgeOf, cgroupOf, type Layout, type NodePlace, nodesOf, onNodeNetwork } from './layout.ts';
import { isIpv4Range, rangesOf } from './networks.ts';
import { hideHome, lockView } from './node-view.ts';
import { signalProcess, until } from './process.ts';

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

async function ignoringAbsence(command: readonly [string, ...string[]], absent: RegExp): Promise<void> {
  const result = await runCommand(command);
  if (result.code !== 0 && !absent.test(result.stderr)) throw new Error(`${command.join(' ')}: ${result.stderr.trim()}`);
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
  await mkdir(files.namespaces, { recursive: true, mode: 0o700 });
  await mustRun(['mount', '--bind', files.namespaces, files.namespaces]);
  await mustRun(['mount', '--make-private', files.namespaces]); // a namespace cannot be pinned on a shared mount
  await writeFile(files.mountNamespace, '', { mode: 0o600 });
  await writeFile(files.networkNamespace, '', { mode: 0o600 });
  await mustRun(['unshare', `--mount=${files.mountNamespace}`, '--propagation', 'slave', 'true']);
  const inMount = (...command: string[]) => ['nsenter', `--mount=${files.mountNamespace}`, '--', ...command] as [string, ...string[]];
  await mustRun(inMount('mount', '--make-rprivate', '/'));
  // crun on a hybrid host wants either all controllers on cgroup v2 or no v2 at all; only this node's view loses it.
  if (await exists('/sys/fs/cgroup/unified')) await runCommand(inMount('umount', '/sys/fs/cgroup/unified'));
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
  if (clock) await killProcessesOf(settings, files.mountNamespace, node, clock);
  await ignoringAbsence(['ip', 'link', 'del', hostLinkOf(settings, node)], /Cannot find device/);
  // First the sign that the place is whole, should this end half-way.
  for (const path of [files.networkNamespace, files.mountNamespace, files.namespaces]) {
    // Lazily: who is just entering holds the files for a moment, and a namespace lasts as long as its last process anyway.
    while (await isPinned(path)) await mustRun(['umount', '--lazy', path]);
  }
  await rm(files.namespaces, { recursive: true, force: true });
  for (const path of await cgroupFolders(cgroupOf(settings, node.name))) await rmdir(path);
}

async function killProcessesOf(settings: ClusterSettings, mountNamespace: string, node: NodePlace, clock: Clock): Promise<void> {
  const survivors = async (): Promise<number[]> => [
    ...(await processesInMountNamespace(mountNamespace)),
    ...(await processesInCgroup(cgroupOf(settings, node.name))),
  ];
  const allGone = await until(
    async () => {
      const pids = await survivors();
      for (const pid of pids) signalProcess(pid, 'SIGKILL');
      return pids.length === 0;
    },
    20_000,
    clock,
  );
  if (!allGone) throw new Error(`node ${node.name}: processes ${(await survivors()).join(', ')} do not end, though they were killed`);
}

async function processesInMountNamespace(path: string): Promise<number[]> {
  if (!(await isPinned(path))) return [];
  const wanted = `mnt:[${(await stat(path)).ino}]`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const namespaces = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/ns/mnt`).catch(() => ''))); // a process that is gone is in none
  return pids.filter((_, i) => namespaces[i] === wanted).map(Number);
}

async function processesInCgroup(path: string): Promise<number[]> {
  const folders = await cgroupFolders(path);
  const texts = await Promise.all(folders.map((folder) => readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => ''))); // removed meanwhile
  return [...new Set(texts.flatMap((text) => text.split('\n').filter(Boolean).map(Number)))];
}

/** Folders of a cgroup path in every hierarchy (one on v2, one per controller on v1), deepest first. */
export async function cgroupFolders(path: string): Promise<string[]> {
  const roots = ['/sys/fs/cgroup', ...(await readdir('/sys/fs/cgroup')).map((name) => join('/sys/fs/cgroup', name))];
  const folders = await Promise.all(roots.map((root) => deepestFirst(join(root, path))));
  return [...new Set(folders.flat())];
}

async function deepestFirst(folder: string): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (err) {
    if (['ENOENT', 'ENOTDIR'].includes((err as NodeJS.ErrnoException).code ?? '')) return [];
    throw err;
  }
  const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => deepestFirst(join(folder, entry.name))));
  return [...below.flat(), folder];
}

/** Whether something is mounted on exactly this path. */
async function isPinned(path: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const escaped = path.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return mounts.split('\n').some((line) => line.split(' ')[4] === escaped);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
