import { rename, rm, stat } from 'node:fs/promises';
import type { Clock } from '#base';
import type { ContainerRuntime } from '#runtime/contract';
import type { Logger } from '#telemetry';

/** The kubelet's defaults: `containerLogMaxSize` 10Mi, `containerLogMaxFiles` 5, looked at every 10 s. */
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 5;
const LOOK_MS = 10_000;

/** Renames logs that have grown too large and lets conmon begin new ones. Resolves when `signal` aborts. */
export async function rotateLogs(
  { runtime, clock, logger }: { runtime: ContainerRuntime; clock: Clock; logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of clock.every(LOOK_MS, signal)) {
    for (const { id, state, logPath } of await runtime.list()) {
      if (state !== 'running') continue;
      try {
        if ((await stat(logPath)).size <= MAX_BYTES) continue;
        await rm(`${logPath}.${MAX_FILES - 1}`, { force: true });
        for (let n = MAX_FILES - 2; n >= 1; n--) await rename(`${logPath}.${n}`, `${logPath}.${n + 1}`).catch(ifPresent);
        await rename(logPath, `${logPath}.1`);
        await runtime.reopenLog(id);
      } catch (err) {
        logger.warn({ err, id }, 'a log could not be rotated');
      }
    }
  }
}

function ifPresent(err: unknown): void {
  if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
}
