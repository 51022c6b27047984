import type { Pod } from '#api/types';
import { RuntimeError } from '#runtime/contract';
import type { ContainerEntry } from '../observed.ts';
import { isRunning } from '../observed.ts';
import type { AgentContext } from '../context.ts';
import { check } from '../probes/check.ts';
import { execute } from './execute.ts';

export type StopNode = Pick<AgentContext, 'runtime' | 'clock' | 'logger'>;

export interface StopOptions {
  pod: Pod;
  podIp: string;
  graceMs: number;
  /** Aborts when no more time is to be given. */
  hurry: AbortSignal;
  event: (container: string, event: { type: 'Normal' | 'Warning'; reason: string; message: string }) => void;
}

/** The least that a hook and a signal get, whatever the grace period was. */
const LEAST_MS = 2_000;

/** Ends all containers: main and ephemeral ones together, then sidecars in the reverse of their order (KEP-753). */
export async function stopContainers(context: StopNode, entries: readonly ContainerEntry[], options: StopOptions): Promise<void> {
  const deadlineMs = context.clock.monotonicMs() + options.graceMs;
  const stop = (entry: ContainerEntry): Promise<void> =>
    stopContainer(context, entry, { ...options, graceMs: Math.max(0, deadlineMs - context.clock.monotonicMs()) });
  await Promise.all(entries.filter((e) => e.role !== 'sidecar').map(stop));
  for (const sidecar of entries.filter((e) => e.role === 'sidecar').toReversed()) await stop(sidecar);
}

/** preStop hook, stop signal, the rest of the grace period, SIGKILL. */
export async function stopContainer(context: StopNode, entry: ContainerEntry, options: StopOptions): Promise<void> {
  const id = entry.current?.id;
  if (!id || !isRunning(entry)) return;
  const { runtime, clock } = context;
  // Waited for before anything is sent: its end may come at any moment.
  const ended = runtime.wait(id);
  let over = false;
  void ended.then(() => (over = true));
  const began = clock.monotonicMs();
  const preStop = entry.spec.lifecycle?.preStop;
  if (preStop && options.graceMs > 0) {
    const hook = check(preStop, {
      container: entry.spec,
      podIp: options.podIp,
      clock,
      timeoutMs: options.graceMs,
      hook: true,
      exec: (args, signal) => execute(runtime, id, { args, signal }),
    });
    const result = await Promise.race([hook, ended.then(() => undefined), wait(context, options.graceMs, options.hurry)]);
    if (result && !result.ok) options.event(entry.name, { type: 'Warning', reason: 'FailedPreStopHook', message: 'PreStopHook failed' });
  }
  if (over) return;
  const leftMs = options.graceMs === 0 ? 0 : Math.max(LEAST_MS, options.graceMs - (clock.monotonicMs() - began));
  if (leftMs > 0 && !options.hurry.aborted) {
    await signalContainer(context, id, entry.current?.stopSignal ?? 'SIGTERM');
    await Promise.race([ended, wait(context, leftMs, options.hurry)]);
  }
  if (!over) await signalContainer(context, id, 'SIGKILL');
  await ended;
}

async function signalContainer({ runtime, logger }: StopNode, id: string, signal: string): Promise<void> {
  try {
    await runtime.kill(id, signal);
  } catch (err) {
    if (err instanceof RuntimeError && (err.code === 'not-running' || err.code === 'container-not-found')) return;
    if (signal === 'SIGKILL') throw err;
    logger.warn({ err, id, signal }, 'a container could not be signalled');
  }
}

/** Ends early, without an error, when there is hurry. */
async function wait({ clock }: StopNode, ms: number, hurry: AbortSignal): Promise<undefined> {
  await clock.sleep(ms, hurry).catch(() => undefined);
  return undefined;
}
