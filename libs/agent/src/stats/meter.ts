import type { Pod } from '#api/types';
import type { Clock } from '#base';
import type { ContainerRuntime, ContainerStats } from '#runtime/containers.contract';
import { type ContainerEntry, isRunning } from '../observed.ts';
import { podCgroupPath } from '../resources-plan.ts';
import type { PodWorker } from '../workers/pod-worker.ts';

/** What the control groups of a node said at one moment. */
export interface Reading {
  at: Date;
  atMs: number;
  node: ContainerStats;
  pods: readonly PodReading[];
}

export interface PodReading {
  pod: Pod;
  uid: string;
  cgroup: string;
  figures: ContainerStats;
  /** Those that run. */
  containers: readonly ContainerReading[];
}

export interface ContainerReading {
  name: string;
  id: string;
  imageRef: string;
  startedAt: Date;
  figures: ContainerStats;
}

export interface MeterOptions {
  runtime: Pick<ContainerRuntime, 'cgroupStats'>;
  clock: Clock;
  pods: () => readonly Pick<PodWorker, 'uid' | 'view' | 'currentPod'>[];
  cgroupRoot: string;
  node: () => Promise<ContainerStats>;
}

/** Whoever asks again sooner gets the same reading. */
const SHARED_MS = 1_000;

/** Reads the control groups of the node, its pods and their containers: once for all who ask at about the same time. */
export class Meter {
  private latest: { atMs: number; reading: Promise<Reading> } | undefined;

  constructor(private readonly options: MeterOptions) {}

  read(): Promise<Reading> {
    const atMs = this.options.clock.monotonicMs();
    if (!this.latest || atMs - this.latest.atMs >= SHARED_MS) {
      const reading = this.readNow(atMs);
      this.latest = { atMs, reading };
      reading.catch(() => (this.latest = undefined)); // the next one tries again
    }
    return this.latest.reading;
  }

  private async readNow(atMs: number): Promise<Reading> {
    const { clock, node, pods } = this.options;
    const at = clock.now();
    const [ofNode, ofPods] = await Promise.all([node(), Promise.all(pods().map((worker) => this.readPod(worker)))]);
    return { at, atMs, node: ofNode, pods: ofPods };
  }

  private async readPod(worker: ReturnType<MeterOptions['pods']>[number]): Promise<PodReading> {
    const { runtime, cgroupRoot } = this.options;
    const pod = worker.currentPod;
    const cgroup = podCgroupPath(cgroupRoot, pod);
    const readContainer = async ({ name, current }: ContainerEntry): Promise<ContainerReading> => {
      const { id, imageRef, startedAt = new Date(0) } = current!;
      return { name, id, imageRef, startedAt, figures: await runtime.cgroupStats(`${cgroup}/${id}`) };
    };
    const running = worker.view().entries.filter(isRunning);
    const [figures, containers] = await Promise.all([runtime.cgroupStats(cgroup), Promise.all(running.map(readContainer))]);
    return { pod, uid: worker.uid, cgroup, figures, containers };
  }
}
