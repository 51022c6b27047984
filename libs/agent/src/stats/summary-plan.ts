import type { ContainerStats } from '#runtime/containers.contract';
import type { DiskUsage } from '#runtime/volumes.contract';
import type { DiskFigures, PodDisk } from './disk-meter.ts';
import type { ContainerReading, PodReading, Reading } from './meter.ts';
import type { NetworkFigures } from './network.ts';
import { usageOf } from './usage-plan.ts';

export interface SummarySeen {
  nodeName: string;
  bootedAt: Date;
  now: Reading;
  /** What the present rate of the processor is measured from. */
  before: Reading | undefined;
  memoryAvailableBytes: number;
  nodeNetwork: readonly NetworkFigures[];
  nodeFs: DiskFigures;
  imageFs: DiskFigures;
  processes: { most: number; now: number };
  /** By uid; a pod that is not there is shown without. */
  podNetworks: ReadonlyMap<string, readonly NetworkFigures[]>;
  podDisks: ReadonlyMap<string, PodDisk>;
}

type Json = Record<string, unknown>;

/** `/stats/summary`: `k8s.io/kubelet/pkg/apis/stats/v1alpha1`, Summary. */
export function summaryOf(seen: SummarySeen): Json {
  const { now, before, nodeName, bootedAt, nodeFs, imageFs, processes } = seen;
  const time = timeOf(now.at);
  const windowMs = before ? now.atMs - before.atMs : 0;
  return {
    node: {
      nodeName,
      startTime: timeOf(bootedAt),
      ...usage(now.node, before?.node, { time, windowMs }, { availableBytes: seen.memoryAvailableBytes }),
      network: network(time, seen.nodeNetwork),
      fs: { time, ...nodeFs },
      runtime: { imageFs: { time, ...imageFs }, containerFs: { time, ...imageFs } },
      rlimit: { time, maxpid: processes.most, curproc: processes.now },
    },
    pods: now.pods.filter(({ containers }) => containers.length > 0).map((pod) => podOf(seen, pod, { time, windowMs })),
  };
}

/** Cpu and memory alone: `?only_cpu_and_memory=true`. */
export function cpuAndMemoryOf({ node, pods }: Json): Json {
  const only = ({
    network: _n,
    fs: _f,
    runtime: _r,
    rlimit: _l,
    volume: _v,
    'ephemeral-storage': _e,
    process_stats: _p,
    rootfs: _o,
    logs: _g,
    ...rest
  }: Json): Json => rest;
  return {
    node: only(node as Json),
    pods: (pods as Json[]).map((pod) => ({ ...only(pod), containers: (pod.containers as Json[]).map(only) })),
  };
}

interface Span {
  time: string;
  windowMs: number;
}

function podOf(seen: SummarySeen, reading: PodReading, { time, windowMs }: Span): Json {
  const { pod, uid, figures, containers } = reading;
  const before = seen.before?.pods.find((each) => each.uid === uid);
  const networks = seen.podNetworks.get(uid) ?? [];
  const disk = seen.podDisks.get(uid);
  return {
    podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid },
    startTime: pod.status?.startTime ?? pod.metadata.creationTimestamp ?? null,
    containers: containers.map((container) => containerOf(seen, container, { time, windowMs, disk, before: before?.containers })),
    ...usage(figures, before?.figures, { time, windowMs }),
    ...(networks.length > 0 && { network: network(time, networks) }),
    ...(disk && {
      volume: disk.volumes.map(({ name, claim, figures: of }) => ({
        time,
        ...of,
        name,
        ...(claim && { pvcRef: { name: claim, namespace: pod.metadata.namespace } }),
      })),
      'ephemeral-storage': { time, ...shareOf(seen.nodeFs, disk.local) },
    }),
    process_stats: { process_count: figures.pids },
  };
}

interface Around extends Span {
  disk: PodDisk | undefined;
  before: readonly ContainerReading[] | undefined;
}

function containerOf(
  seen: SummarySeen,
  { name, id, startedAt, figures }: ContainerReading,
  { time, windowMs, disk, before }: Around,
): Json {
  const used = disk?.containers.get(name);
  return {
    name,
    startTime: timeOf(startedAt),
    ...usage(figures, before?.find((each) => each.id === id)?.figures, { time, windowMs }),
    ...(used && {
      rootfs: { time, ...shareOf(seen.imageFs, used.layer) },
      logs: { time, ...shareOf(seen.nodeFs, used.logs) },
    }),
  };
}

/** Of a part of a file system: what the whole has left, and what this part takes. */
const shareOf = ({ availableBytes, capacityBytes, inodes, inodesFree }: DiskFigures, used: DiskUsage): Json => ({
  availableBytes,
  capacityBytes,
  usedBytes: used.bytes,
  inodesFree,
  inodes,
  inodesUsed: used.inodes,
});

function usage(now: ContainerStats, before: ContainerStats | undefined, { time, windowMs }: Span, memory: Json = {}): Json {
  const rate = before && usageOf(before, now, windowMs);
  return {
    cpu: { time, ...(rate && { usageNanoCores: rate.cpuNanoCores }), usageCoreNanoSeconds: now.cpuUsageNs },
    memory: {
      time,
      ...memory,
      usageBytes: now.memoryUsageBytes,
      workingSetBytes: now.memoryWorkingSetBytes,
      rssBytes: now.memoryRssBytes,
      pageFaults: now.pageFaults,
      majorPageFaults: now.majorPageFaults,
    },
  };
}

/** The first device is the one that the top of the answer repeats. */
function network(time: string, devices: readonly NetworkFigures[]): Json {
  const interfaces = devices.map(({ device, received, sent }) => ({
    name: device,
    rxBytes: received.bytes,
    rxErrors: received.errors,
    txBytes: sent.bytes,
    txErrors: sent.errors,
  }));
  const main = interfaces.find(({ name }) => name === 'eth0') ?? interfaces[0] ?? { name: '' };
  return { time, ...main, interfaces };
}

const timeOf = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z');
