import { statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Clock } from '#base';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { Logger } from '#telemetry';
import type { NodeSettings } from '../node-settings.ts';

/**
 * A container can log a hundred megabytes a second, so the kubelet's 10 s would be too long. Asking for the size of a hundred files takes
 * less than a millisecond.
 */
const LOOK_MS = 250;
/** While one of them fills fast. */
const LOOK_SOON_MS = 20;

/** `maxFiles` counts the one that is being written. */
export interface LogRotationOptions {
  runtime: Pick<ContainerRuntime, 'list' | 'reopenLog'>;
  clock: Clock;
  logger: Logger;
  limits: NodeSettings['logs'];
}

/** Renames logs that have grown too large and lets conmon begin new ones. Resolves when `signal` aborts. */
export async function rotateLogs(options: LogRotationOptions, signal: AbortSignal): Promise<void> {
  let look: Look = { sizes: new Map(), waitMs: 0 };
  while (!signal.aborted) {
    look = await lookAtLogs(options, look);
    await options.clock.sleep(look.waitMs, signal).catch(() => undefined); // ends early only when the signal aborts
  }
}

/** What one look hands to the next. */
export interface Look {
  /** By container, before what was too large was taken away. */
  sizes: ReadonlyMap<string, number>;
  /** When to look again. */
  waitMs: number;
}

/** Rotates what is too large now. */
export async function lookAtLogs(options: Omit<LogRotationOptions, 'clock'>, before: Look): Promise<Look> {
  const { runtime, limits } = options;
  const sizes = new Map<string, number>();
  let waitMs = LOOK_MS;
  for (const { id, state, logPath } of await runtime.list()) {
    if (state !== 'running') continue;
    const size = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
    sizes.set(id, size);
    const grown = size - (before.sizes.get(id) ?? 0);
    const fast = grown > limits.maxBytes / 10;
    if (fast) waitMs = LOOK_SOON_MS;
    // Of one that fills fast, what comes until the next look counts already.
    if (size + (fast ? grown : 0) > limits.maxBytes) await rotate(options, { id, logPath });
  }
  return { sizes, waitMs };
}

async function rotate(
  { runtime, logger, limits }: Omit<LogRotationOptions, 'clock'>,
  { id, logPath }: { id: string; logPath: string },
): Promise<void> {
  try {
    if (limits.maxFiles > 1) await rm(`${logPath}.${limits.maxFiles - 1}`, { force: true });
    for (let n = limits.maxFiles - 2; n >= 1; n--) await rename(`${logPath}.${n}`, `${logPath}.${n + 1}`).catch(ifPresent);
    await rename(logPath, `${logPath}.1`);
    await runtime.reopenLog(id);
  } catch (err) {
    logger.warn({ err, id }, 'a log could not be rotated');
  }
}

function ifPresent(err: unknown): void {
  if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
}
