import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, release, totalmem } from 'node:os';
import type { HostReport } from '../node-plan.ts';

/** Kubernetes' default thresholds: `memory.available<100Mi`, `nodefs.available<10%`. */
const MEMORY_AVAILABLE_BYTES = 100 * 1024 * 1024;
const DISK_AVAILABLE_SHARE = 0.1;

/** Reads what a Node tells of its host. */
export async function readHost(rootDir: string): Promise<HostReport> {
  const [machineId, bootId, osRelease, meminfo, disk] = await Promise.all([
    text('/etc/machine-id'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/etc/os-release'),
    text('/proc/meminfo'),
    statfs(rootDir),
  ]);
  const available = Number(/^MemAvailable:\s+(\d+)/m.exec(meminfo)?.[1] ?? 0) * 1024;
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    ephemeralBytes: disk.blocks * disk.bsize,
    machineId: machineId || bootId.replaceAll('-', ''),
    bootId,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? 'Linux',
    architecture: arch() === 'x64' ? 'amd64' : arch(),
    pressure: { memory: available < MEMORY_AVAILABLE_BYTES, disk: disk.bavail / disk.blocks < DISK_AVAILABLE_SHARE, pid: false },
  };
}

async function text(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return ''; // minimal systems lack some
    throw err;
  }
}
