import type { DaemonSet } from '#api/types';

const firstMs = 1_000;
const maxMs = 15 * 60_000;

/**
 * How often daemons have failed on a node lately. A node that refuses a pod refuses the next as well; without a pause the two would go on
 * as fast as they can. The pods that failed are removed, so that nothing but this memory tells: `pkg/controller/daemon`, failedPodsBackoff.
 */
export class FailedPods {
  private readonly failures = new Map<string, { atMs: number; delayMs: number }>();

  retryAtMs(set: DaemonSet, node: string, nowMs: number): number {
    const failure = this.failures.get(keyOf(set, node));
    return failure && !isOver(failure, nowMs) ? failure.atMs + failure.delayMs : 0;
  }

  failed(set: DaemonSet, node: string, nowMs: number): void {
    for (const [key, failure] of this.failures) if (isOver(failure, nowMs)) this.failures.delete(key);
    const before = this.failures.get(keyOf(set, node));
    this.failures.set(keyOf(set, node), { atMs: nowMs, delayMs: before ? Math.min(2 * before.delayMs, maxMs) : firstMs });
  }
}

/** A new generation begins anew: it may be the one that mends it. */
function keyOf({ metadata, status }: DaemonSet, node: string): string {
  return `${metadata.uid}/${status?.observedGeneration ?? 0}/${node}`;
}

function isOver({ atMs }: { atMs: number }, nowMs: number): boolean {
  return nowMs - atMs > 2 * maxMs;
}
