import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Limits and figures of one group; times in nanoseconds, sizes in bytes. */
export interface CgroupLimits {
  cpuShares?: number;
  cpuQuotaUs?: number;
  cpuPeriodUs?: number;
  memoryLimitBytes?: number;
  pidsLimit?: number;
}

export interface CgroupFigures {
  cpuUsageNs: number;
  memoryUsageBytes: number;
  memoryWorkingSetBytes: number;
  memoryRssBytes: number;
  pageFaults: number;
  majorPageFaults: number;
  pids: number;
  /** Processes that the kernel has killed for want of memory. */
  oomEvents: number;
}

/** The control groups of one hierarchy layout. Paths are relative to its root and begin with '/'. */
export interface Cgroups {
  readonly version: 1 | 2;
  /** Makes the group and its ancestors. Idempotent; sets what is given. */
  make(path: string, limits?: CgroupLimits): Promise<void>;
  /** Idempotent. A group that still holds processes or groups is left, and false answered. */
  remove(path: string): Promise<boolean>;
  /** Of this group alone, not of those below. None when it is gone. */
  processes(path: string): Promise<number[]>;
  /** All zero when it is gone. The working set is what is used less the inactive page cache, as cAdvisor has it. */
  figures(path: string): Promise<CgroupFigures>;
}

/** v2 when its root is mounted on /sys/fs/cgroup; else v1 (a hybrid host counts as v1: its controllers are there). */
export function detectCgroups(root = '/sys/fs/cgroup'): Cgroups {
  return existsSync(join(root, 'cgroup.controllers')) ? new UnifiedCgroups(root) : new SplitCgroups(root);
}

/** Kernel documentation, admin-guide/cgroup-v1. One directory per controller. */
export class SplitCgroups implements Cgroups {
  readonly version = 1;
  private readonly controllers: string[];

  constructor(private readonly root: string) {
    this.controllers = ['cpu', 'cpuacct', 'memory', 'pids', 'cpuset', 'blkio', 'devices', 'freezer', 'systemd'].filter((c) =>
      existsSync(join(root, c)),
    );
  }

  async make(path: string, limits: CgroupLimits = {}): Promise<void> {
    const write = (controller: string, file: string, value: number | undefined): void => {
      if (value !== undefined) writeFileSync(join(this.root, controller, path, file), String(value));
    };
    for (const controller of ['cpu', 'memory', 'pids']) mkdirSync(join(this.root, controller, path), { recursive: true });
    write('cpu', 'cpu.shares', limits.cpuShares);
    // Period before quota: the kernel checks a quota against the period that is set.
    write('cpu', 'cpu.cfs_period_us', limits.cpuPeriodUs);
    write('cpu', 'cpu.cfs_quota_us', limits.cpuQuotaUs);
    write('pids', 'pids.max', limits.pidsLimit);
    await limitMemory(join(this.root, 'memory', path, 'memory.limit_in_bytes'), limits.memoryLimitBytes);
  }

  async remove(path: string): Promise<boolean> {
    await releaseMemory(join(this.root, 'memory', path));
    const removed = await Promise.all(this.controllers.map((controller) => removeTree(join(this.root, controller, path))));
    return removed.every(Boolean);
  }

  processes(path: string): Promise<number[]> {
    return numbers(join(this.root, 'pids', path, 'cgroup.procs'));
  }

  async figures(path: string): Promise<CgroupFigures> {
    const memory = join(this.root, 'memory', path);
    const [cpu, usage, stat, pids, oom] = await Promise.all([
      text(join(this.root, 'cpuacct', path, 'cpuacct.usage')),
      text(join(memory, 'memory.usage_in_bytes')),
      text(join(memory, 'memory.stat')),
      text(join(this.root, 'pids', path, 'pids.current')),
      text(join(memory, 'memory.oom_control')),
    ]);
    const inactive = field(stat, 'total_inactive_file');
    return {
      cpuUsageNs: Number(cpu),
      memoryUsageBytes: Number(usage),
      memoryWorkingSetBytes: Math.max(0, Number(usage) - inactive),
      memoryRssBytes: field(stat, 'total_rss'),
      pageFaults: field(stat, 'total_pgfault'),
      majorPageFaults: field(stat, 'total_pgmajfault'),
      pids: Number(pids),
      oomEvents: field(oom, 'oom_kill'),
    };
  }
}

/** Kernel documentation, admin-guide/cgroup-v2. Controllers must be handed down level by level. */
export class UnifiedCgroups implements Cgroups {
  readonly version = 2;

  constructor(private readonly root: string) {}

  async make(path: string, limits: CgroupLimits = {}): Promise<void> {
    const names = path.split('/').filter(Boolean);
    for (let depth = 0; depth < names.length; depth++) {
      const parent = join(this.root, ...names.slice(0, depth));
      // A group has only the controllers that its parent hands down (cgroup-v2, "Enabling and Disabling").
      writeFileSync(join(parent, 'cgroup.subtree_control'), '+cpu +memory +pids');
      mkdirSync(join(parent, names[depth]!), { recursive: true });
    }
    const group = join(this.root, path);
    if (limits.cpuShares !== undefined) writeFileSync(join(group, 'cpu.weight'), String(weightOf(limits.cpuShares)));
    if (limits.cpuQuotaUs !== undefined) {
      const quota = limits.cpuQuotaUs < 0 ? 'max' : String(limits.cpuQuotaUs);
      writeFileSync(join(group, 'cpu.max'), `${quota} ${limits.cpuPeriodUs ?? 100_000}`);
    }
    if (limits.pidsLimit !== undefined) writeFileSync(join(group, 'pids.max'), String(limits.pidsLimit));
    await limitMemory(join(group, 'memory.max'), limits.memoryLimitBytes);
  }

  remove(path: string): Promise<boolean> {
    return removeTree(join(this.root, path));
  }

  processes(path: string): Promise<number[]> {
    return numbers(join(this.root, path, 'cgroup.procs'));
  }

  async figures(path: string): Promise<CgroupFigures> {
    const group = join(this.root, path);
    const [cpu, usage, stat, pids, events] = await Promise.all(
      ['cpu.stat', 'memory.current', 'memory.stat', 'pids.current', 'memory.events'].map((file) => text(join(group, file))),
    );
    return {
      cpuUsageNs: field(cpu!, 'usage_usec') * 1000,
      memoryUsageBytes: Number(usage),
      memoryWorkingSetBytes: Math.max(0, Number(usage) - field(stat!, 'inactive_file')),
      memoryRssBytes: field(stat!, 'anon'),
      pageFaults: field(stat!, 'pgfault'),
      majorPageFaults: field(stat!, 'pgmajfault'),
      pids: Number(pids),
      oomEvents: field(events!, 'oom_kill'),
    };
  }
}

/** Off the event loop: the kernel first takes from the group what is above its new limit. */
async function limitMemory(file: string, bytes: number | undefined): Promise<void> {
  if (bytes !== undefined) await writeFile(file, String(bytes));
}

/**
 * Files that containers read stay in the page cache on the account of their groups, and the kernel keeps a group that has been removed
 * for as long: hundreds of them slow down every later one.
 */
async function releaseMemory(group: string): Promise<void> {
  try {
    await writeFile(join(group, 'memory.force_empty'), '0');
  } catch (err) {
    // Gone already, or still in use: then it is not removed either.
    if (!['ENOENT', 'EBUSY'].includes((err as NodeJS.ErrnoException).code ?? '')) throw err;
  }
}

/** OCI runtime-spec's shares (2 … 262144) as a weight (1 … 10000): KEP-2254's formula. */
export function weightOf(shares: number): number {
  return Math.max(1, Math.min(10_000, 1 + Math.floor(((shares - 2) * 9999) / 262_142)));
}

function field(statistics: string, name: string): number {
  const line = statistics.split('\n').find((l) => l.startsWith(`${name} `));
  return line ? Number(line.slice(name.length + 1)) : 0;
}

/** Figures of a group that is just going away are 0. */
async function text(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (err) {
    if (isGone(err)) return '0';
    throw err;
  }
}

async function numbers(path: string): Promise<number[]> {
  return (await text(path)).split('\n').map(Number).filter(Boolean);
}

/** rmdir of a group works only when nothing is in it; its files go by themselves. */
async function removeTree(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (err) {
    if (isGone(err)) return true;
    if ((err as NodeJS.ErrnoException).code === 'EBUSY' || (err as NodeJS.ErrnoException).code === 'ENOTEMPTY') return false;
    throw err;
  }
}

const isGone = (err: unknown): boolean => ['ENOENT', 'ENODEV'].includes((err as NodeJS.ErrnoException).code ?? '');
