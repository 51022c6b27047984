import { mkdir, readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { runCommand } from '#base';
import type { ClusterSettings } from './cluster-settings.ts';
import { type Layout, portsOf } from './layout.ts';
import { rangesOf } from './networks.ts';

/** Something about this machine that has to change first. `mend` says how. The process ends with 1. */
export class PreflightError extends Error {
  constructor(
    what: string,
    readonly mend: string,
  ) {
    super(what);
  }
}

const leastFreeBytes = 1024 * 1024 * 1024;
const longestSocketPath = 107; // unix(7), sun_path
/** Of every node, and of an engine alone. */
const programs = {
  crun: 'crun',
  conmon: 'conmon',
  nft: 'nftables',
  ip: 'iproute2',
  nsenter: 'util-linux',
};
const clusterPrograms = { 'redis-server': 'redis-server', haproxy: 'haproxy' };

/** Checks what a cluster needs of its host before anything is made. Throws the first PreflightError. */
export async function preflight(layout: Layout, settings: ClusterSettings): Promise<void> {
  const { 'redis-server': redis, ...others } = { ...programs, ...clusterPrograms };
  await checkMachine(settings.redisUrl ? others : { 'redis-server': redis, ...others });
  if (Buffer.byteLength(layout.redisSocket) > longestSocketPath) {
    throw new PreflightError(`BERTH_HOME ${layout.home} is too long for a unix socket`, 'use a directory with a shorter path');
  }
  if (rangesOf(settings.podCidr).length > 1) await checkIpv6();
  await checkDisk(layout.home);
  await checkPorts(settings);
}

/** The same for an engine without a cluster. */
export async function enginePreflight(home: string, socket: string): Promise<void> {
  await checkMachine(programs);
  if (Buffer.byteLength(socket) > longestSocketPath) {
    throw new PreflightError(`the path of the socket, ${socket}, is too long`, 'use a shorter one: --socket or BERTH_ENGINE_HOME');
  }
  await checkDisk(home);
}

async function checkMachine(needed: Readonly<Record<string, string>>): Promise<void> {
  if (process.platform !== 'linux') throw new PreflightError(`the host runs ${process.platform}`, 'containers need a Linux host');
  if (process.getuid?.() !== 0) throw new PreflightError('not root', 'run it as root: containers, namespaces and cgroups need it');
  for (const [program, debianPackage] of Object.entries(needed)) {
    if ((await runCommand([program, '--version']).catch(() => undefined)) === undefined) {
      throw new PreflightError(`the program ${program} is missing`, `apt-get install ${debianPackage}`);
    }
  }
  if (!(await readFile('/proc/filesystems', 'utf8')).includes('\toverlay\n') && (await runCommand(['modprobe', 'overlay'])).code !== 0) {
    throw new PreflightError('the kernel has no overlayfs', 'load its module: modprobe overlay');
  }
}

async function checkIpv6(): Promise<void> {
  const disabled = await readFile('/proc/sys/net/ipv6/conf/all/disable_ipv6', 'utf8').catch(() => undefined); // no such file: no IPv6
  if (disabled?.trim() === '0') return;
  throw new PreflightError(
    'the pods are to have IPv6 addresses, and this machine has no IPv6',
    disabled
      ? 'turn it on: sysctl -w net.ipv6.conf.all.disable_ipv6=0'
      : 'take a kernel with IPv6, or give --pod-cidr the IPv4 network alone',
  );
}

async function checkDisk(home: string): Promise<void> {
  await mkdir(dirname(home), { recursive: true });
  const { bavail, bsize } = await statfs(dirname(home));
  if (bavail * bsize < leastFreeBytes) {
    throw new PreflightError(
      `only ${Math.floor((bavail * bsize) / 1024 / 1024)} MiB are free at ${dirname(home)}`,
      'free at least 1 GiB, or use a home on another disk',
    );
  }
}

async function checkPorts(settings: ClusterSettings): Promise<void> {
  for (const [what, port] of Object.entries(portsOf(settings))) {
    if (what === 'agent') continue; // bound inside each node's network namespace
    if (await isFree(port)) continue;
    throw new PreflightError(
      `port ${port} (${what}) of 127.0.0.1 is in use`,
      `stop what listens there ("ss -ltnp sport = :${port}" tells), or move all ports: --port-offset 100 or BERTH_PORT_OFFSET`,
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (err: NodeJS.ErrnoException) => (err.code === 'EADDRINUSE' ? resolve(false) : reject(err)));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
