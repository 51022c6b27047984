import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lookUp } from '#base';
import type { BlockIoFigure, ContainerUsage } from '../containers.contract.ts';

type Usage = Omit<ContainerUsage, 'networks'>;

/** All that the kernel counts of a group, as `docker stats` shows it. All zero when it is gone. */
export function cgroupUsage(version: 1 | 2, path: string, root = '/sys/fs/cgroup'): Promise<Usage> {
  return version === 2 ? unifiedUsage(join(root, path)) : splitUsage(root, path);
}

/** Kernel documentation, admin-guide/cgroup-v1. */
async function splitUsage(root: string, path: string): Promise<Usage> {
  const read = (controller: string, file: string): Promise<string> => text(join(root, controller, path, file));
  const number = async (controller: string, file: string): Promise<number> => Number(await read(controller, file));
  const [total, perCpu, ticks, throttling] = await Promise.all([
    number('cpuacct', 'cpuacct.usage'),
    read('cpuacct', 'cpuacct.usage_percpu'),
    read('cpuacct', 'cpuacct.stat'),
    read('cpu', 'cpu.stat'),
  ]);
  const [usage, max, failures, limit, stat] = await Promise.all([
    number('memory', 'memory.usage_in_bytes'),
    number('memory', 'memory.max_usage_in_bytes'),
    number('memory', 'memory.failcnt'),
    number('memory', 'memory.limit_in_bytes'),
    read('memory', 'memory.stat'),
  ]);
  const [pids, pidsLimit, bytes, operations] = await Promise.all([
    number('pids', 'pids.current'),
    read('pids', 'pids.max'),
    read('blkio', 'blkio.throttle.io_service_bytes_recursive'),
    read('blkio', 'blkio.throttle.io_serviced_recursive'),
  ]);
  const [cpuTicks, throttled] = [table(ticks), table(throttling)];
  return {
    cpu: {
      totalNs: total,
      userNs: (cpuTicks['user'] ?? 0) * TICK_NS,
      systemNs: (cpuTicks['system'] ?? 0) * TICK_NS,
      perCpuNs: perCpu.split(/\s+/).filter(Boolean).map(Number),
      periods: throttled['nr_periods'] ?? 0,
      throttledPeriods: throttled['nr_throttled'] ?? 0,
      throttledNs: throttled['throttled_time'] ?? 0,
    },
    memory: { usageBytes: usage, maxUsageBytes: max, failures, ...bounded(limit), stats: table(stat) },
    pids: { current: pids, ...bounded(Number(pidsLimit)) },
    io: { bytes: figuresOf(bytes), operations: figuresOf(operations) },
  };
}

/** Kernel documentation, admin-guide/cgroup-v2. */
async function unifiedUsage(group: string): Promise<Usage> {
  const [cpu, usage, peak, max, stat, events] = await Promise.all(
    ['cpu.stat', 'memory.current', 'memory.peak', 'memory.max', 'memory.stat', 'memory.events'].map((file) => text(join(group, file))),
  );
  const [pids, pidsLimit, io] = await Promise.all(['pids.current', 'pids.max', 'io.stat'].map((file) => text(join(group, file))));
  const figures = table(cpu!);
  const ns = (field: string): number => (lookUp(figures, field) ?? 0) * 1000;
  return {
    cpu: {
      totalNs: ns('usage_usec'),
      userNs: ns('user_usec'),
      systemNs: ns('system_usec'),
      periods: figures['nr_periods'] ?? 0,
      throttledPeriods: figures['nr_throttled'] ?? 0,
      throttledNs: ns('throttled_usec'),
    },
    memory: {
      usageBytes: Number(usage),
      maxUsageBytes: Number(peak),
      failures: table(events!)['max'] ?? 0,
      ...bounded(Number(max)),
      stats: table(stat!),
    },
    pids: { current: Number(pids), ...bounded(Number(pidsLimit)) },
    io: {
      bytes: unifiedFigures(io!, { rbytes: 'Read', wbytes: 'Write' }),
      operations: unifiedFigures(io!, { rios: 'Read', wios: 'Write' }),
    },
  };
}

/** The kernel counts in hundredths of a second (USER_HZ). */
const TICK_NS = 10_000_000;

/** `max` is no number, and without a limit v1 has the most that fits. */
const bounded = (limit: number): { limit?: number } => (Number.isSafeInteger(limit) && limit > 0 ? { limit } : {});

/** `name value` on each line. */
function table(statistics: string): Record<string, number> {
  const rows = statistics.split('\n').map((line) => line.split(' '));
  return Object.fromEntries(rows.filter((row) => row.length === 2).map(([name, value]) => [name!, Number(value)]));
}

/** `8:0 Read 4096` on each line, and a last one with the sum. */
function figuresOf(statistics: string): BlockIoFigure[] {
  return [...statistics.matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm)].map(([, major, minor, op, value]) => ({
    major: Number(major),
    minor: Number(minor),
    op: op!,
    value: Number(value),
  }));
}

/** `8:0 rbytes=4096 wbytes=0 …` on each line. */
function unifiedFigures(statistics: string, names: Record<string, string>): BlockIoFigure[] {
  return statistics.split('\n').flatMap((line) => {
    const [device = '', ...fields] = line.split(' ');
    const [major, minor] = device.split(':').map(Number);
    if (major === undefined || minor === undefined) return [];
    const values = new Map(fields.map((field) => field.split('=') as [string, string]));
    return Object.entries(names).map(([name, op]) => ({ major, minor, op, value: Number(values.get(name) ?? 0) }));
  });
}

/** Figures of a group that is just going away are 0. */
async function text(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (err) {
    if (['ENOENT', 'ENODEV', 'EOPNOTSUPP'].includes((err as NodeJS.ErrnoException).code ?? '')) return '0';
    throw err;
  }
}
