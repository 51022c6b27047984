import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '#base';
import { home } from '../bench/api.ts';
import type { Census } from './flat.ts';

const name = process.env.BERTH_NAME ?? '';
/** V8 and glibc keep some of what they had; the api-server may hold its watch windows (32 MiB) and the buffers of its connections. */
const memorySlackMb = { 'api-server': 64, other: 24 };
/** Connections that come and go, and files that libraries open when they are needed first. */
const descriptorSlack = 6;

/** What every process of the cluster holds, and what the machine holds for the cluster. */
export async function census(): Promise<Census> {
  const parts = readdirSync(join(home, 'run')).filter((file) => file.endsWith('.pid'));
  const nodes = readdirSync(join(home, 'nodes'));
  const processes = [
    ...parts.map((file) => ({ part: file.replace('.pid', ''), pid: pidIn('run', file) })),
    ...nodes.map((node) => ({ part: `agent ${node}`, pid: pidIn('nodes', node, 'agent.pid') })),
  ];
  const redis = await redisCounts();
  const found: Census = {};
  for (const { part, pid } of processes) {
    const slack = part === 'api-server' ? memorySlackMb[part] : memorySlackMb.other;
    if (part === 'redis') found['redis, MiB in use beside the log'] = { value: redis.otherMb, slack };
    else found[`${part}, MiB resident`] = { value: Math.round(residentMb(pid)), slack };
    found[`${part}, descriptors`] = { value: readdirSync(`/proc/${pid}/fd`).length, slack: descriptorSlack };
  }
  for (const node of nodes) {
    const pid = pidIn('nodes', node, 'agent.pid');
    const mounts = linesOf(`/proc/${pid}/mountinfo`);
    found[`${node}, mounts`] = { value: mounts.length, slack: 0 };
    found[`${node}, namespaces pinned`] = { value: mounts.filter((line) => line.includes(' - nsfs ')).length, slack: 0 };
    found[`${node}, links`] = { value: linesOf(`/proc/${pid}/net/dev`).length, slack: 0 };
  }
  found['mounts of the host below the home'] = {
    value: linesOf('/proc/self/mountinfo').filter((line) => line.includes(home)).length,
    slack: 0,
  };
  found['links of the host'] = { value: linesOf('/proc/self/net/dev').filter((line) => line.includes(`${name}-`)).length, slack: 0 };
  found['namespaces of all processes'] = { value: namespacesInUse(), slack: 0 };
  found['cgroups'] = { value: cgroups(), slack: 0 };
  found['processes below the home'] = { value: processesBelowHome(), slack: 0 };
  // An Event of a node or of the demo may come at any time.
  found['Redis keys'] = { value: redis.keys, slack: 4 };
  return found;
}

const pidIn = (...path: string[]): number => Number(readFileSync(join(home, ...path), 'utf8'));
const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trim().split('\n');

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/**
 * Keys, and what Redis has allocated but for the log of changes, which is not flat before it holds the 50,000 that it may. Its resident memory
 * follows the log: jemalloc rounds each entry up. (What Redis says of the log is an estimate, some percent too high.)
 */
async function redisCounts(): Promise<{ keys: number; otherMb: number }> {
  const env = { ...process.env, REDISCLI_AUTH: readFileSync(join(home, 'pki/redis.password'), 'utf8').trim() };
  const ask = (...command: string[]): Promise<string> => mustRun(['redis-cli', '-s', join(home, 'redis/redis.sock'), ...command], { env });
  const used = Number(/^used_memory:(\d+)/m.exec(await ask('INFO', 'memory'))?.[1]);
  const log = Number(await ask('MEMORY', 'USAGE', '{berth}:log', 'SAMPLES', '0'));
  if (!(log > 0)) throw new Error('there is no log of changes in Redis');
  return { keys: Number(await ask('DBSIZE')), otherMb: Math.round((used - log) / 1024 / 1024) };
}

/** Folders of the cluster's name in every hierarchy, with what is below them. */
function cgroups(): number {
  const below = (folder: string): number =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .reduce((sum, entry) => sum + below(join(folder, entry.name)), 1);
  const root = '/sys/fs/cgroup';
  const hierarchies = [
    root,
    ...readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? join(root, entry.name) : [])),
  ];
  return hierarchies
    .flatMap((hierarchy) => readdirSync(hierarchy).flatMap((entry) => (entry === name ? join(hierarchy, entry) : [])))
    .reduce((sum, folder) => sum + below(folder), 0);
}

/** Process ids; those that end meanwhile count as gone. */
function pids(): string[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
}

function processesBelowHome(): number {
  return pids().filter((pid) => gone(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${home}/`))).length;
}

/** Namespaces that the processes of the cluster's cgroups are in. */
function namespacesInUse(): number {
  const inCluster = pids().filter((pid) => gone(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${name}/`)));
  const kinds = ['mnt', 'net', 'pid', 'ipc', 'uts'];
  const found = inCluster.flatMap((pid) => kinds.map((kind) => gone(() => readlinkSync(`/proc/${pid}/ns/${kind}`))));
  return new Set(found.filter((link) => link !== undefined)).size;
}

function gone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (err) {
    if (['ENOENT', 'ESRCH'].includes((err as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw err;
  }
}
