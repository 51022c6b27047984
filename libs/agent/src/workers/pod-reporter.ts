import type { PodStatus } from '#api/types';
import type { AgentContext } from '../context.ts';
import { apiPodOf, type PodView } from '../pod-view.ts';
import { podStatus } from '../pod-status.ts';

/** Tells the API what the node sees of one pod. */
export class PodReporter {
  private last: PodStatus | undefined;
  private hasRun = false;
  private readonly firstSeenMs: number;

  constructor(private readonly context: Pick<AgentContext, 'statuses' | 'clock' | 'nodeIps' | 'metrics'>) {
    this.firstSeenMs = context.clock.monotonicMs();
  }

  /** Conditions keep the times of the last answer, or of what the API had when the agent began. */
  statusOf(view: PodView): PodStatus {
    const { clock, nodeIps: hostIps } = this.context;
    this.last = podStatus(view, { hostIps, now: clock.now(), previous: this.last ?? view.pod.status });
    return this.last;
  }

  /** Does not wait: of several in a row the newest is written. */
  report(view: PodView): void {
    const { clock, metrics, statuses } = this.context;
    const status = this.statusOf(view);
    if (status.phase === 'Running' && !this.hasRun) {
      this.hasRun = true;
      metrics.podStartSeconds.observe((clock.monotonicMs() - this.firstSeenMs) / 1000);
    }
    const told = apiPodOf(view);
    if (told) void statuses.write(told, status);
  }
}
