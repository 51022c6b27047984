import type { ContainerLimits, DeviceRate, KernelSupport } from '#runtime/containers.contract';
import { badParameter } from '../errors.ts';
import type { HostConfig } from './settings.ts';

/** What of a container may be limited, and changed while it runs. */
export type Resources = Pick<
  HostConfig,
  | 'BlkioDeviceReadBps'
  | 'BlkioDeviceReadIOps'
  | 'BlkioDeviceWriteBps'
  | 'BlkioDeviceWriteIOps'
  | 'BlkioWeight'
  | 'BlkioWeightDevice'
  | 'CpuPeriod'
  | 'CpuQuota'
  | 'CpuRealtimePeriod'
  | 'CpuRealtimeRuntime'
  | 'CpuShares'
  | 'CpusetCpus'
  | 'CpusetMems'
  | 'IOMaximumBandwidth'
  | 'IOMaximumIOps'
  | 'Memory'
  | 'MemoryReservation'
  | 'MemorySwap'
  | 'MemorySwappiness'
  | 'NanoCpus'
  | 'OomKillDisable'
  | 'PidsLimit'
>;

const LEAST_MEMORY = 6 * 1024 * 1024;

/** 100 ms, as runc and the kernel have it. */
const PERIOD_US = 100_000;

/**
 * Throws 400 with Docker's words for what cannot be. What this kernel cannot do is taken away, and told in the warnings, as Docker does it.
 * `isUpdate`: what is not there stays as it is.
 */
export function checkResources(host: Resources, support: KernelSupport, { isUpdate = false } = {}): string[] {
  return [...checkMemory(host, support, isUpdate), ...checkCpu(host, support), ...checkBlockIo(host, support)];
}

function checkMemory(host: Resources, support: KernelSupport, isUpdate: boolean): string[] {
  const warnings: string[] = [];
  // -1 is what clients send for the machine's own.
  if (host.MemorySwappiness === -1) host.MemorySwappiness = null;
  if (host.Memory !== 0 && host.Memory < LEAST_MEMORY) throw badParameter('Minimum memory limit allowed is 6MB');
  if (host.Memory > 0 && host.MemorySwap !== -1 && !support.swapLimit) {
    warnings.push('Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.');
    host.MemorySwap = -1;
  }
  if (host.Memory > 0 && host.MemorySwap > 0 && host.MemorySwap < host.Memory)
    throw badParameter('Minimum memoryswap limit should be larger than memory limit, see usage');
  if (host.Memory === 0 && host.MemorySwap > 0 && !isUpdate)
    throw badParameter('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (host.MemorySwappiness !== null && !support.swappiness) {
    warnings.push('Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.');
    host.MemorySwappiness = null;
  }
  if (host.MemorySwappiness !== null && (host.MemorySwappiness < 0 || host.MemorySwappiness > 100))
    throw badParameter(`Invalid value: ${host.MemorySwappiness}, valid memory swappiness range is 0-100`);
  if (host.MemoryReservation > 0 && host.MemoryReservation < LEAST_MEMORY) throw badParameter('Minimum memory reservation allowed is 6MB');
  if (host.Memory > 0 && host.MemoryReservation > 0 && host.Memory < host.MemoryReservation)
    throw badParameter('Minimum memory limit can not be less than memory reservation limit, see usage');
  if (host.OomKillDisable && !support.oomKillDisable) {
    warnings.push('Your kernel does not support OomKillDisable. OomKillDisable discarded.');
    host.OomKillDisable = null;
  }
  if (host.OomKillDisable && host.Memory === 0 && !isUpdate)
    warnings.push(
      'OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.',
    );
  return warnings;
}

function checkCpu(host: Resources, support: KernelSupport): string[] {
  const count = numbersOf(support.cpus)!.size;
  if (host.NanoCpus > 0 && host.CpuPeriod > 0) throw badParameter('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (host.NanoCpus > 0 && host.CpuQuota > 0) throw badParameter('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (host.NanoCpus < 0 || host.NanoCpus > count * 1e9)
    throw badParameter(`Range of CPUs is from 0.01 to ${count}.00, as there are only ${count} CPUs available`);
  if (host.CpuPeriod !== 0 && (host.CpuPeriod < 1000 || host.CpuPeriod > 1_000_000))
    throw badParameter('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  if (host.CpuQuota > 0 && host.CpuQuota < 1000) throw badParameter('CPU cfs quota can not be less than 1ms (i.e. 1000)');
  if (host.CpuShares < 0) throw badParameter('shares: invalid argument');
  const { CpuRealtimePeriod: period, CpuRealtimeRuntime: runtime } = host;
  if ((period !== 0 || runtime !== 0) && !support.cpuRealtime) throw badParameter('Your kernel does not support CPU real-time scheduler');
  if (period !== 0 && runtime > period) throw badParameter('cpu real-time runtime cannot be higher than cpu real-time period');
  checkSet(host.CpusetCpus, support.cpus, { field: 'cpus', what: 'CPUs' });
  checkSet(host.CpusetMems, support.memoryNodes, { field: 'mems', what: 'memory nodes' });
  return [];
}

function checkSet(asked: string, available: string, { field, what }: { field: string; what: string }): void {
  const wanted = numbersOf(asked);
  if (!wanted) throw badParameter(`Invalid value ${asked} for cpuset ${field}: invalid format: ${asked}`);
  const there = numbersOf(available)!;
  if ([...wanted].some((number) => !there.has(number)))
    throw badParameter(`Requested ${what} are not available - requested ${asked}, available: ${available}`);
}

/** The most that a set may name: none of the kernel's is longer. */
const MOST_NUMBERS = 8192;

/** Of `0-2,7`; undefined where it is no such list. */
function numbersOf(text: string): Set<number> | undefined {
  const numbers = new Set<number>();
  for (const part of text === '' ? [] : text.split(',')) {
    const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    if (first === undefined || Number(last) < Number(first) || Number(last) - Number(first) > MOST_NUMBERS) return undefined;
    for (let number = Number(first); number <= Number(last); number++) numbers.add(number);
  }
  return numbers;
}

const rates = {
  BlkioDeviceReadBps: 'BPS Block I/O read limit or the cgroup is not mounted. Block I/O BPS read limit discarded.',
  BlkioDeviceWriteBps: 'BPS Block I/O write limit or the cgroup is not mounted. Block I/O BPS write limit discarded.',
  BlkioDeviceReadIOps: 'IOPS Block read limit or the cgroup is not mounted. Block I/O IOPS read limit discarded.',
  BlkioDeviceWriteIOps: 'IOPS Block write limit or the cgroup is not mounted. Block I/O IOPS write limit discarded.',
} as const;

function checkBlockIo(host: Resources, support: KernelSupport): string[] {
  const warnings: string[] = [];
  if (host.BlkioWeight > 0 && !support.blockIoWeight) {
    warnings.push('Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.');
    host.BlkioWeight = 0;
  }
  if (host.BlkioWeight !== 0 && (host.BlkioWeight < 10 || host.BlkioWeight > 1000))
    throw badParameter('Range of blkio weight is from 10 to 1000');
  if (host.IOMaximumBandwidth !== 0 || host.IOMaximumIOps !== 0)
    throw badParameter('Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps');
  if (host.BlkioWeightDevice?.length && !support.blockIoWeight) {
    warnings.push('Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.');
    host.BlkioWeightDevice = [];
  }
  for (const [name, words] of Object.entries(rates) as [keyof typeof rates, string][]) {
    if (!host[name]?.length || support.blockIoRates) continue;
    warnings.push(`Your kernel does not support ${words}`);
    host[name] = [];
  }
  return warnings;
}

export function limitsOf(host: Resources): ContainerLimits {
  const quota = host.NanoCpus > 0 ? Math.round((host.NanoCpus / 1e9) * PERIOD_US) : host.CpuQuota;
  const period = host.NanoCpus > 0 ? PERIOD_US : host.CpuPeriod;
  return {
    ...(host.CpuShares > 0 && { cpuShares: host.CpuShares }),
    ...(quota !== 0 && { cpuQuotaUs: quota }),
    ...(period > 0 && { cpuPeriodUs: period }),
    ...(host.CpuRealtimePeriod !== 0 && { cpuRealtimePeriodUs: host.CpuRealtimePeriod }),
    ...(host.CpuRealtimeRuntime !== 0 && { cpuRealtimeRuntimeUs: host.CpuRealtimeRuntime }),
    ...(host.CpusetCpus && { cpus: host.CpusetCpus }),
    ...(host.CpusetMems && { memoryNodes: host.CpusetMems }),
    ...(host.Memory > 0 && { memoryLimitBytes: host.Memory }),
    ...(host.MemorySwap > 0 && { memorySwapBytes: host.MemorySwap }),
    ...(host.MemoryReservation > 0 && { memoryReservationBytes: host.MemoryReservation }),
    ...(host.MemorySwappiness !== null && { memorySwappiness: host.MemorySwappiness }),
    ...(host.OomKillDisable && { oomKillDisabled: true }),
    ...(host.PidsLimit !== null && { pidsLimit: host.PidsLimit > 0 ? host.PidsLimit : -1 }),
    ...blockIoOf(host),
  };
}

function blockIoOf(host: Resources): Pick<ContainerLimits, 'blockIo'> {
  const ratesOf = (all: HostConfig['BlkioDeviceReadBps']): DeviceRate[] =>
    (all ?? []).map(({ Path, Rate }) => ({ path: Path, rate: Rate }));
  const blockIo = {
    ...(host.BlkioWeight > 0 && { weight: host.BlkioWeight }),
    weights: (host.BlkioWeightDevice ?? []).map(({ Path, Weight }) => ({ path: Path, weight: Weight })),
    readBps: ratesOf(host.BlkioDeviceReadBps),
    writeBps: ratesOf(host.BlkioDeviceWriteBps),
    readIops: ratesOf(host.BlkioDeviceReadIOps),
    writeIops: ratesOf(host.BlkioDeviceWriteIOps),
  };
  const isGiven = Object.values(blockIo).some((part) => typeof part === 'number' || part.length > 0);
  return isGiven ? { blockIo } : {};
}
