import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { HostReport } from '../node-plan.ts';
import type { Level, Levels } from '../pressure-plan.ts';

/** Reads what a Node tells of its host. */
export async function readHost(rootDir: string): Promise<HostReport> {
  const [machineId, bootId, osRelease, disk, pids] = await Promise.all([
    text('/etc/machine-id'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/etc/os-release'),
    readDisk(rootDir),
    readMostPids(),
  ]);
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    ephemeralBytes: disk.bytes.capacity,
    pids,
    machineId: machineId || bootId.replaceAll('-', ''),
    bootId,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? 'Linux',
    architecture: arch() === 'x64' ? 'amd64' : arch(),
  };
}

/** Kubernetes, "Node-pressure Eviction", eviction signals, of the whole machine. */
export async function readLevels(rootDir: string): Promise<Levels> {
  const [meminfo, loadavg, mostPids, nodefs, imagefs] = await Promise.all([
    text('/proc/meminfo'),
    text('/proc/loadavg'),
    readMostPids(),
    readDisk(rootDir),
    readDisk(join(rootDir, 'images')),
  ]);
  const pids = Number(/^\S+ \S+ \S+ \d+\/(\d+)/.exec(loadavg)?.[1] ?? 0); // proc_loadavg(5): scheduling entities that exist
  return {
    'memory.available': { available: Number(/^MemAvailable:\s+(\d+)/m.exec(meminfo)?.[1] ?? 0) * 1024, capacity: totalmem() },
    'nodefs.available': nodefs.bytes,
    'nodefs.inodesFree': nodefs.inodes,
    'imagefs.available': imagefs.bytes,
    'imagefs.inodesFree': imagefs.inodes,
    'pid.available': { available: mostPids - pids, capacity: mostPids },
  };
}

async function readMostPids(): Promise<number> {
  const [pidMax, threadsMax] = await Promise.all([text('/proc/sys/kernel/pid_max'), text('/proc/sys/kernel/threads-max')]);
  return Math.min(Number(pidMax), Number(threadsMax));
}

/** File systems without a fixed number of inodes have none to be short of. */
async function readDisk(path: string): Promise<{ bytes: Level; inodes: Level }> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(path);
  return { bytes: { available: bavail * bsize, capacity: blocks * bsize }, inodes: { available: ffree, capacity: files } };
}

async function text(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return ''; // minimal systems lack some
    throw err;
  }
}

/** The text of a file of the node's own; '' where there is none. */
export async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw err;
  }
}
