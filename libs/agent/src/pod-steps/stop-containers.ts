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
  /** What it serves has ended: it is not signalled before that. Its hook does not wait. */
  turn?: Promise<unknown>;
  /** Aborts when no more time is to be given. */
  hurry: AbortSignal;
  event: (container: string, event: { type: 'Normal' | 'Warning'; reason: string; message: string }) => void;
}

/** The least that a hook and a signal get, whatever the grace period was. */
const LEAST_MS = 2_000;

/**
 * Ends all containers. Their hooks run at once, those of sidecars too; then main and ephemeral containers are signalled together, and sidecars
 * in the reverse of their order, each when all that it serves have ended or the time is over (KEP-753, `kuberuntime_termination_order.go`).
 */
export async function stopContainers(context: StopNode, entries: readonly ContainerEntry[], options: StopOptions): Promise<void> {
  const ends = entries.filter((e) => e.role !== 'sidecar').map((entry) => stopContainer(context, entry, options));
  for (const sidecar of entries.filter((e) => e.role === 'sidecar').toReversed()) {
    ends.push(stopContainer(context, sidecar, { ...options, turn: Promise.all(ends) }));
  }
  await Promise.all(ends);
}

/** preStop hook, its turn, stop signal, the rest of the grace period, SIGKILL. */
export async function stopContainer(context: StopNode, entry: ContainerEntry, options: StopOptions): Promise<void> {
  const id = entry.current?.id;
  if (!id || !isRunning(entry)) return;
  const { runtime, clock } = context;
  // Waited for before anything is sent: its end may come at any moment.
  const ended = runtime.wait(id);
  let over = false;
  void ended.then(() => (over = true));
  const began = clock.monotonicMs();
  const left = (): number => options.graceMs - (clock.monotonicMs() - began);
  await preStop(context, entry, { ...options, id, ended });
  if (!over && options.turn && left() > 0) await whicheverFirst(context, [ended, options.turn], left(), options.hurry);
  if (over) return;
  const leftMs = options.graceMs === 0 ? 0 : Math.max(LEAST_MS, left());
  if (leftMs > 0 && !options.hurry.aborted) {
    await signalContainer(context, id, entry.current?.stopSignal ?? 'SIGTERM');
    await whicheverFirst(context, [ended], leftMs, options.hurry);
  }
  if (!over) await signalContainer(context, id, 'SIGKILL');
  await ended;
}

interface PreStop extends StopOptions {
  id: string;
  ended: Promise<unknown>;
}

/** Resolves when the hook, the container, or its time has ended. */
async function preStop(context: StopNode, entry: ContainerEntry, { id, ended, ...options }: PreStop): Promise<void> {
  const action = entry.spec.lifecycle?.preStop;
  if (!action || options.graceMs === 0) return;
  const hook = check(action, {
    container: entry.spec,
    podIp: options.podIp,
    clock: context.clock,
    timeoutMs: options.graceMs,
    hook: true,
    exec: (args, signal) => execute(context.runtime, id, { args, signal }),
  });
  let result: Awaited<typeof hook> | undefined;
  await whicheverFirst(context, [hook.then((answer) => (result = answer)), ended], options.graceMs, options.hurry);
  if (result && !result.ok) options.event(entry.name, { type: 'Warning', reason: 'FailedPreStopHook', message: 'PreStopHook failed' });
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

/** Resolves with the first of these, after so long, or when there is hurry. Nothing is waited for after that. */
async function whicheverFirst({ clock }: StopNode, these: readonly Promise<unknown>[], ms: number, hurry: AbortSignal): Promise<void> {
  const over = new AbortController();
  const time = clock.sleep(ms, AbortSignal.any([hurry, over.signal])).catch(() => undefined); // ends early, without an error
  await Promise.race([...these, time]);
  over.abort();
}
