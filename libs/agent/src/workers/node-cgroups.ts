import type { Node, Pod } from '#api/types';
import type { Clock } from '#base';
import { systemReason } from '#base';
import type { EventRecorder } from '#client/contract';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { Logger } from '#telemetry';
import { qosShares, type PodCgroupLimits, podsCgroupPath } from '../resources-plan.ts';
import type { Worker } from './worker.ts';

/** The kubelet tries as often to enforce what the kernel did not take. */
const RETRY_MS = 60_000;

export interface NodeCgroupsOptions {
  runtime: Pick<ContainerRuntime, 'limitCgroup'>;
  cgroupRoot: string;
  /** What all pods together may have. */
  limits: () => Promise<PodCgroupLimits>;
  pods: () => readonly Pod[];
  /** Calls when the pods of the node have changed; answers how to stop that. */
  onPods: (changed: () => void) => () => void;
  clock: Clock;
  logger: Logger;
  events: EventRecorder;
  node: () => Node | undefined;
}

/**
 * Keeps all pods of the node within what is allocatable (Kubernetes, "Reserve Compute Resources for System Daemons": enforcing), and gives
 * each class of them the processor time that it has asked for, when there is not enough for all.
 */
export class NodeCgroups implements Worker {
  readonly name = 'node-cgroups';
  private shares: ReadonlyMap<string, number> = new Map();
  private scheduled = false;
  private told: string | undefined;

  constructor(private readonly options: NodeCgroupsOptions) {}

  /** The limits stand before any pod begins, if the kernel takes them: pods that run already may have more than they let. */
  async start(): Promise<void> {
    await this.enforce();
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = this.options.onPods(() => this.podsChanged());
    for await (const _ of this.options.clock.every(RETRY_MS, signal)) this.tell(await this.enforce());
    stop();
  }

  /** Answers why not, when the kernel does not take them. */
  private async enforce(): Promise<string | undefined> {
    const { runtime, cgroupRoot, limits, logger } = this.options;
    const path = podsCgroupPath(cgroupRoot);
    try {
      await runtime.limitCgroup(path, await limits());
      return undefined;
    } catch (err) {
      logger.warn({ err, cgroup: path }, 'what is allocatable cannot be enforced yet');
      return `Failed to update Node Allocatable Limits ${JSON.stringify(path)}: ${systemReason(err)}`;
    }
  }

  /** Once for all changes of a turn of the event loop. */
  private podsChanged(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      void this.share();
    });
  }

  private async share(): Promise<void> {
    const { runtime, cgroupRoot, logger } = this.options;
    const before = this.shares;
    this.shares = new Map(Object.entries(qosShares(this.options.pods())));
    for (const [qos, cpuShares] of this.shares) {
      if (before.get(qos) === cpuShares) continue;
      await runtime
        .limitCgroup(`${podsCgroupPath(cgroupRoot)}/${qos}`, { cpuShares })
        .catch((err: unknown) => logger.warn({ err, qos }, 'the processor time of pods cannot be shared out'));
    }
  }

  /** Of what has become of it, once. */
  private tell(failure: string | undefined): void {
    const node = this.options.node();
    if (!node || this.told === (failure ?? '')) return;
    this.told = failure ?? '';
    this.options.events.event(
      node,
      failure
        ? { type: 'Warning', reason: 'FailedNodeAllocatableEnforcement', message: failure }
        : { type: 'Normal', reason: 'NodeAllocatableEnforced', message: 'Updated Node Allocatable limit across pods' },
    );
  }
}
