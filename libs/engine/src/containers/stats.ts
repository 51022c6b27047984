import type { BlockIoFigure, ContainerUsage, NetworkUsage } from '#runtime/containers.contract';
import { cpus, totalmem } from 'node:os';
import { NEVER, type ContainerRecord } from './record.ts';

export interface Sample {
  read: string;
  usage: ContainerUsage;
  /** Of the whole machine. */
  systemNs: number;
}

/** Docker Engine API, "Get container stats based on resource usage", with the sample before, where there is one. Pure but for the machine's size. */
export function statsView(record: ContainerRecord, sample: Sample | undefined, before: Sample | undefined, version: 1 | 2): object {
  const { usage } = sample ?? {};
  return {
    read: sample?.read ?? NEVER,
    preread: before?.read ?? NEVER,
    pids_stats: usage ? { current: usage.pids.current, ...(usage.pids.limit !== undefined && { limit: usage.pids.limit }) } : {},
    blkio_stats: blockIo(usage?.io),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu(sample),
    precpu_stats: cpu(before),
    memory_stats: usage ? memory(usage.memory, version) : {},
    name: `/${record.name}`,
    id: record.id,
    ...(usage && usage.networks.length > 0 && { networks: networks(usage.networks) }),
  };
}

function cpu(sample: Sample | undefined): object {
  const { totalNs = 0, systemNs = 0, userNs = 0, perCpuNs, periods = 0, throttledPeriods = 0, throttledNs = 0 } = sample?.usage.cpu ?? {};
  return {
    cpu_usage: {
      total_usage: totalNs,
      ...(perCpuNs && { percpu_usage: perCpuNs }),
      usage_in_kernelmode: systemNs,
      usage_in_usermode: userNs,
    },
    ...(sample && { system_cpu_usage: sample.systemNs, online_cpus: cpus().length }),
    throttling_data: { periods, throttled_periods: throttledPeriods, throttled_time: throttledNs },
  };
}

function memory({ usageBytes, maxUsageBytes, failures, limit, stats }: ContainerUsage['memory'], version: 1 | 2): object {
  const machine = totalmem();
  return {
    usage: usageBytes,
    ...(version === 1 && { max_usage: maxUsageBytes }),
    stats,
    ...(version === 1 && failures > 0 && { failcnt: failures }),
    limit: limit === undefined || limit > machine ? machine : limit,
  };
}

function blockIo(io: ContainerUsage['io'] | undefined): object {
  const shown = (figures: BlockIoFigure[] | undefined): BlockIoFigure[] | null => (figures?.length ? figures : null);
  return {
    io_service_bytes_recursive: shown(io?.bytes),
    io_serviced_recursive: shown(io?.operations),
    io_queue_recursive: null,
    io_service_time_recursive: null,
    io_wait_time_recursive: null,
    io_merged_recursive: null,
    io_time_recursive: null,
    sectors_recursive: null,
  };
}

function networks(all: readonly NetworkUsage[]): object {
  return Object.fromEntries(
    all.map(({ name, received, sent }) => [
      name,
      {
        rx_bytes: received.bytes,
        rx_packets: received.packets,
        rx_errors: received.errors,
        rx_dropped: received.dropped,
        tx_bytes: sent.bytes,
        tx_packets: sent.packets,
        tx_errors: sent.errors,
        tx_dropped: sent.dropped,
      },
    ]),
  );
}
