import type { Node } from '#api/types';
import type { Clock } from '#base';
import type { EventRecorder } from '#client/contract';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { Logger } from '#telemetry';
import type { NodeSettings } from '../node-settings.ts';
import { graceSeconds, isRunning } from '../observed.ts';
import {
  type Candidate,
  type Crossed,
  crossedThresholds,
  evictionMessage,
  evictionOrder,
  type EvictionSettings,
  type Levels,
  type Pressure,
  pressuresOf,
  type Shortage,
  shortages,
} from '../pressure-plan.ts';
import { podCgroupPath } from '../resources-plan.ts';
import type { PodWorker } from './pod-worker.ts';
import { localStorageOf } from './storage-limits.ts';
import type { Worker } from './worker.ts';

/** The kubelet's eviction interval. */
const LOOK_MS = 10_000;
/** What a pod gets to end when a hard threshold is crossed: as with the kubelet. */
const GRACE_MS = 1_000;

export interface NodePressureOptions {
  settings: EvictionSettings & Pick<NodeSettings, 'pressureTransitionMs' | 'maxPodGraceMs'>;
  readLevels: () => Promise<Levels>;
  clock: Clock;
  logger: Logger;
  events: EventRecorder;
  node: () => Node | undefined;
  pods: () => readonly PodWorker[];
  runtime: Pick<ContainerRuntime, 'cgroupStats' | 'stats' | 'writableUsage'>;
  mounts: Pick<VolumeMounts, 'diskUsage'>;
  cgroupRoot: string;
  /** Deletes images that nobody uses; answers how many bytes that freed. */
  freeImages: () => Promise<number>;
}

/** Kubernetes, "Node-pressure Eviction": the node's conditions, what is taken back when something is short, and who has to go. */
export class NodePressure implements Worker {
  readonly name = 'node-pressure';
  /** When each was last found to hold, by the monotonic clock. */
  private readonly lastShortMs = new Map<Pressure, number>();
  private crossed: Crossed = new Map();

  constructor(private readonly options: NodePressureOptions) {}

  /** Conditions that hold: so long as there is a shortage, and for the transition period after it, that they do not come and go. */
  conditions(): ReadonlySet<Pressure> {
    const since = this.options.clock.monotonicMs() - this.options.settings.pressureTransitionMs;
    return new Set([...this.lastShortMs].filter(([, atMs]) => atMs > since).map(([pressure]) => pressure));
  }

  /** The node is described with the conditions that hold from the beginning. */
  async start(): Promise<void> {
    await this.observe();
  }

  async run(signal: AbortSignal): Promise<void> {
    for await (const _ of this.options.clock.every(LOOK_MS, signal)) {
      try {
        await this.look();
      } catch (err) {
        this.options.logger.warn({ err }, 'the pressure on the node could not be looked at');
      }
    }
  }

  /** One look: at most one pod goes, since its end may be enough. */
  async look(): Promise<void> {
    let [worst] = await this.observe();
    if (!worst) return;
    const node = this.options.node();
    const message = `Attempting to reclaim ${worst.resource}`;
    if (node) this.options.events.event(node, { type: 'Warning', reason: 'EvictionThresholdMet', message });
    this.options.logger.warn({ ...worst }, 'the node is short of something');
    if (worst.pressure === 'DiskPressure' && (await this.options.freeImages()) > 0) {
      [worst] = await this.observe();
      if (!worst) return;
    }
    await this.evictOne(worst);
  }

  /** Takes note of what is short, and evicts nobody. */
  async observe(): Promise<Shortage[]> {
    const { settings, readLevels, clock } = this.options;
    const levels = await readLevels();
    const nowMs = clock.monotonicMs();
    this.crossed = crossedThresholds(settings, levels, this.crossed, nowMs);
    for (const pressure of pressuresOf(this.crossed)) this.lastShortMs.set(pressure, nowMs);
    return shortages(this.crossed, levels, nowMs);
  }

  private async evictOne(shortage: Shortage): Promise<void> {
    const workers = new Map<Candidate, PodWorker>();
    for (const worker of this.options.pods()) {
      if (worker.view().life.stage === 'running') workers.set(await this.measure(shortage, worker), worker);
    }
    const [first] = evictionOrder(shortage, [...workers.keys()]);
    if (!first) return this.options.logger.warn({ resource: shortage.resource }, 'no pod is left that could be evicted');
    const message = evictionMessage(shortage, first);
    const worker = workers.get(first)!;
    worker.event({ type: 'Warning', reason: 'Evicted', message });
    const graceMs = shortage.soft ? Math.min(this.options.settings.maxPodGraceMs, graceSeconds(first.pod) * 1000) : GRACE_MS;
    worker.fail({ reason: 'Evicted', message, disrupted: true, graceMs });
  }

  private async measure({ resource }: Shortage, worker: PodWorker): Promise<Candidate> {
    const { runtime, mounts, cgroupRoot } = this.options;
    const { pod, entries } = worker.view();
    if (resource === 'ephemeral-storage' || resource === 'inodes') {
      const unit = resource === 'inodes' ? 'inodes' : 'bytes';
      const { containers, volumes } = await localStorageOf({ runtime, mounts }, worker, unit);
      const used = [...containers.values(), ...volumes.values()].reduce((sum, each) => sum + each, 0);
      return { pod, used, containers: unit === 'bytes' ? [...containers].map(([name, bytes]) => ({ name, used: bytes })) : [] };
    }
    const figures = await runtime.cgroupStats(podCgroupPath(cgroupRoot, pod));
    if (resource === 'pids') return { pod, used: figures.pids, containers: [] };
    const running = entries.filter(isRunning);
    const stats = await Promise.all(running.map(({ current }) => runtime.stats(current!.id).catch(() => undefined))); // ended meanwhile
    const containers = running.map(({ name }, i) => ({ name, used: stats[i]?.memoryWorkingSetBytes ?? 0 }));
    return { pod, used: figures.memoryWorkingSetBytes, containers };
  }
}
