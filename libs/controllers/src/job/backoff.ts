import type { Pod } from '#api/types';
import { failuresOf, finishedMs, ignoredFailuresOf } from './job-pods.ts';

const firstDelayMs = 10_000;
/** Kubernetes, "Jobs", "Pod backoff failure policy". */
const maxDelayMs = 360_000;

const delayMs = (failures: number): number => Math.min(firstDelayMs * 2 ** (failures - 1), maxDelayMs);

/**
 * How long the next pod has to wait for the failures since the last success. They are told by the pods themselves, which stay after their
 * end, so that a controller that has just started waits like the one before it.
 */
export function remainingMs({ succeeded, failed }: { succeeded: readonly Pod[]; failed: readonly Pod[] }, now: Date): number {
  const lastSuccess = Math.max(-Infinity, ...succeeded.map(finishedMs));
  const failures = failed.map(finishedMs).filter((at) => at > lastSuccess);
  if (failures.length === 0) return 0;
  return Math.max(0, Math.max(...failures) + delayMs(failures.length) - now.getTime());
}

/** The same for one index, by the last pod that failed for it. */
export function remainingForIndexMs(lastFailed: Pod | undefined, now: Date): number {
  if (!lastFailed) return 0;
  return Math.max(0, finishedMs(lastFailed) + delayMs(failuresOf(lastFailed) + ignoredFailuresOf(lastFailed) + 1) - now.getTime());
}
