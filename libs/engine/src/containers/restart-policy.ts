import type { ContainerRecord } from './record.ts';

/** Docker doubles the wait from 100 ms to a minute, and begins anew after a run of ten seconds. */
const FIRST_MS = 100;
const MOST_MS = 60_000;
const GOOD_RUN_MS = 10_000;

/** Whether a container that has ended by itself is started again: docker run, "Restart policies". Pure. */
export function restarts({ hostConfig, state }: Pick<ContainerRecord, 'hostConfig' | 'state'>): boolean {
  const { Name: policy, MaximumRetryCount: most } = hostConfig.RestartPolicy;
  if (state.stopped) return false;
  if (policy === 'on-failure') return state.exitCode !== 0 && (most === 0 || state.restartCount < most);
  return policy === 'always' || policy === 'unless-stopped';
}

/** Whether a container that does not run is started when the engine starts. `always` forgets that it was stopped. Pure. */
export function startsWithEngine({ hostConfig, state }: Pick<ContainerRecord, 'hostConfig' | 'state'>, wasRunning: boolean): boolean {
  switch (hostConfig.RestartPolicy.Name) {
    case 'always':
      return state.status !== 'created';
    case 'unless-stopped':
      return state.status !== 'created' && !state.stopped;
    default:
      return wasRunning && restarts({ hostConfig, state });
  }
}

/** The next wait, after the last one and a run of that length. Pure. */
export function restartDelay(lastMs: number, ranMs: number): number {
  return lastMs === 0 || ranMs >= GOOD_RUN_MS ? FIRST_MS : Math.min(lastMs * 2, MOST_MS);
}
