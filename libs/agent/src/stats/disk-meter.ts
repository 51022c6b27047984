import { stat, statfs } from 'node:fs/promises';
import type { Clock } from '#base';
import type { DiskUsage } from '#runtime/volumes.contract';
import type { PodWorker } from '../workers/pod-worker.ts';
import { localVolumes } from '../storage-plan.ts';
import type { StorageMeters } from '../workers/storage-limits.ts';

/** One file system, or what lies in one directory of it. */
export interface DiskFigures {
  availableBytes: number;
  capacityBytes: number;
  usedBytes: number;
  inodesFree: number;
  inodes: number;
  inodesUsed: number;
}

export interface PodDisk {
  containers: ReadonlyMap<string, { layer: DiskUsage; logs: DiskUsage }>;
  volumes: readonly { name: string; claim?: string; figures: DiskFigures }[];
  /** Of the node's disk: layers, logs and volumes on it. */
  local: DiskUsage;
}

export interface DiskMeterOptions extends StorageMeters {
  clock: Clock;
  rootDir: string;
}

const nothing: DiskUsage = { bytes: 0, inodes: 0 };

/** Looking through directories is dear: the kubelet's `volumeStatsAggPeriod`. */
const KEPT_MS = 60_000;

/** Statfs(2), as a node's file system is told. */
export async function fileSystemAt(path: string): Promise<DiskFigures> {
  const { bavail, bfree, blocks, bsize, ffree, files } = await statfs(path);
  return {
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  };
}

/** What pods have on disk, measured at most once a minute each. */
export class DiskMeter {
  private kept = new Map<string, { atMs: number; disk: Promise<PodDisk> }>();

  constructor(private readonly options: DiskMeterOptions) {}

  /** By uid. Pods that go while they are measured are left out. */
  async read(workers: readonly PodWorker[]): Promise<ReadonlyMap<string, PodDisk>> {
    const atMs = this.options.clock.monotonicMs();
    const kept = new Map<string, { atMs: number; disk: Promise<PodDisk> }>();
    for (const worker of workers) {
      const known = this.kept.get(worker.uid);
      kept.set(worker.uid, known && atMs - known.atMs < KEPT_MS ? known : { atMs, disk: this.measure(worker) });
    }
    this.kept = kept;
    const all = [...kept];
    const disks = await Promise.allSettled(all.map(([, { disk }]) => disk));
    return new Map(
      disks.flatMap((outcome, i) => {
        const [uid] = all[i]!;
        if (outcome.status === 'fulfilled') return [[uid, outcome.value] as const];
        this.kept.delete(uid);
        return [];
      }),
    );
  }

  private async measure(worker: PodWorker): Promise<PodDisk> {
    const { runtime, mounts, rootDir } = this.options;
    const { paths } = worker;
    const { pod, entries } = worker.view();
    const containers = new Map<string, { layer: DiskUsage; logs: DiskUsage }>();
    for (const { name, current } of entries) {
      containers.set(name, {
        layer: current ? await runtime.writableUsage(current.id) : nothing,
        logs: await mounts.diskUsage(paths.logs(name)),
      });
    }
    const { dev } = await stat(rootDir);
    const volumes: { name: string; claim?: string; figures: DiskFigures }[] = [];
    for (const { name, hostPath, persistentVolumeClaim, ephemeral } of pod.spec.volumes ?? []) {
      // What is the host's is nobody's to count.
      const figures = hostPath ? undefined : await this.volumeAt(paths.volume(name), dev);
      const claim = persistentVolumeClaim?.claimName ?? (ephemeral && `${pod.metadata.name}-${name}`);
      if (figures) volumes.push({ name, ...(claim && { claim }), figures });
    }
    const own = new Set(localVolumes(pod).map(({ name }) => name));
    const parts = [
      ...[...containers.values()].flatMap(({ layer, logs }) => [layer, logs]),
      ...volumes.flatMap(({ name, figures }) => (own.has(name) ? [{ bytes: figures.usedBytes, inodes: figures.inodesUsed }] : [])),
    ];
    const local = parts.reduce((sum, { bytes, inodes }) => ({ bytes: sum.bytes + bytes, inodes: sum.inodes + inodes }), nothing);
    return { containers, volumes, local };
  }

  /** A file system of its own tells by itself what is in it; on the node's disk the directory is looked through. */
  private async volumeAt(path: string, nodeDevice: number): Promise<DiskFigures | undefined> {
    const found = await stat(path).catch(() => undefined); // not mounted yet
    if (!found?.isDirectory()) return undefined;
    const figures = await fileSystemAt(path);
    if (found.dev !== nodeDevice) return figures;
    const { bytes: usedBytes, inodes: inodesUsed } = await this.options.mounts.diskUsage(path);
    return { ...figures, usedBytes, inodesUsed };
  }
}
