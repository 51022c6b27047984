import { readFile } from 'node:fs/promises';
import { cpus, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#base';
import type { ContainerRuntime, ContainerStats } from '#runtime/containers.contract';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { Logger } from '#telemetry';
import type { PodWorker } from '../workers/pod-worker.ts';
import { DiskMeter, fileSystemAt } from './disk-meter.ts';
import { Meter } from './meter.ts';
import { networkOf, parseNetDev } from './network.ts';
import { cpuAndMemoryOf, summaryOf } from './summary-plan.ts';
import { TextMetrics } from './text-metrics.ts';
import type { UsageOfNode } from './usage-plan.ts';
import { UsageWorker } from './usage-worker.ts';

export interface NodeStatsOptions {
  nodeName: string;
  rootDir: string;
  cgroupRoot: string;
  runtime: ContainerRuntime;
  mounts: Pick<VolumeMounts, 'diskUsage'>;
  pods: () => readonly PodWorker[];
  clock: Clock;
  logger: Logger;
  /** Others run on this machine as well: what the node uses is what its own pods do. */
  sharedMachine: boolean;
  resolutionMs: number;
  report: (usage: UsageOfNode) => void;
}

/** What is measured on the node, in every form in which it is asked for. */
export class NodeStats {
  readonly texts: TextMetrics;
  readonly usage: UsageWorker;
  private readonly meter: Meter;
  private readonly disks: DiskMeter;

  constructor(private readonly options: NodeStatsOptions) {
    const { runtime, clock, logger, pods, cgroupRoot, resolutionMs, report, sharedMachine } = options;
    const node = sharedMachine ? () => runtime.cgroupStats(cgroupRoot) : wholeMachine;
    this.meter = new Meter({ runtime, clock, pods, cgroupRoot, node });
    this.disks = new DiskMeter(options);
    this.texts = new TextMetrics({ meter: this.meter, networkOf: (pod) => networkOf(runtime, pod) });
    this.usage = new UsageWorker({ meter: this.meter, clock, logger, resolutionMs, report });
  }

  /** `/stats/summary`, with `?only_cpu_and_memory=true` a part of it. */
  async summary(query: URLSearchParams): Promise<unknown> {
    const { nodeName, rootDir, runtime, pods, clock } = this.options;
    const now = await this.meter.read();
    const [meminfo, loadavg, pidMax, netDev, nodeFs, imageFs, podDisks, networks] = await Promise.all([
      readFile('/proc/meminfo', 'utf8'),
      readFile('/proc/loadavg', 'utf8'),
      readFile('/proc/sys/kernel/pid_max', 'utf8'),
      readFile('/proc/net/dev', 'utf8'),
      fileSystemAt(rootDir),
      fileSystemAt(join(rootDir, 'images')),
      this.disks.read(pods()),
      Promise.all(now.pods.map(async (pod) => [pod.uid, await networkOf(runtime, pod)] as const)),
    ]);
    const { before, now: last } = this.usage.readings;
    const summary = summaryOf({
      nodeName,
      bootedAt: new Date(clock.now().getTime() - uptime() * 1000),
      now,
      before: last && now.atMs > last.atMs ? last : before,
      memoryAvailableBytes: kilobytes(meminfo, 'MemAvailable'),
      nodeNetwork: parseNetDev(netDev),
      nodeFs,
      imageFs,
      processes: { most: Number(pidMax), now: Number(/\/(\d+)/.exec(loadavg)?.[1] ?? 0) },
      podNetworks: new Map(networks),
      podDisks,
    });
    return query.get('only_cpu_and_memory') === 'true' ? cpuAndMemoryOf(summary) : summary;
  }
}

/** proc_meminfo(5), in bytes. */
const kilobytes = (meminfo: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;

/** A node that has its machine for itself tells what all of it uses, as the kubelet does of the root group. */
async function wholeMachine(): Promise<ContainerStats> {
  const [meminfo, loadavg, vmstat] = await Promise.all(['meminfo', 'loadavg', 'vmstat'].map((file) => readFile(`/proc/${file}`, 'utf8')));
  const faults = (name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(vmstat!)?.[1] ?? 0);
  return {
    cpuUsageNs: cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) * 1e6, 0),
    memoryUsageBytes: totalmem() - kilobytes(meminfo!, 'MemFree'),
    memoryWorkingSetBytes: totalmem() - kilobytes(meminfo!, 'MemAvailable'),
    memoryRssBytes: kilobytes(meminfo!, 'AnonPages'),
    pageFaults: faults('pgfault'),
    majorPageFaults: faults('pgmajfault'),
    pids: Number(/\/(\d+)/.exec(loadavg!)?.[1] ?? 0),
    oomEvents: faults('oom_kill'),
  };
}
