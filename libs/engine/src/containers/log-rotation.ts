import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import type { LogLimits } from './log-driver.ts';

const EVERY_MS = 1000;

export interface LogRotationOptions {
  clock: Clock;
  logger: Logger;
  /** Lets the log of a container be written into a new file. */
  reopen: (id: string) => Promise<void>;
}

/** Keeps the logs of containers that run within their limits: `container.log`, and behind it `.1`, `.2` … with what was before. */
export class LogRotation {
  private readonly underWay = new Map<string, AbortController>();

  constructor(private readonly options: LogRotationOptions) {}

  begin(id: string, path: string, limits: LogLimits | undefined): void {
    this.end(id);
    if (!limits) return;
    const stop = new AbortController();
    this.underWay.set(id, stop);
    this.watch(id, path, { limits, signal: stop.signal }).catch((err: unknown) => {
      if (!stop.signal.aborted) this.options.logger.error({ err, container: id }, 'a log is not rotated any more');
    });
  }

  end(id: string): void {
    this.underWay.get(id)?.abort();
    this.underWay.delete(id);
  }

  close(): void {
    for (const stop of this.underWay.values()) stop.abort();
    this.underWay.clear();
  }

  private async watch(id: string, path: string, { limits, signal }: { limits: LogLimits; signal: AbortSignal }): Promise<void> {
    for await (const _tick of this.options.clock.every(EVERY_MS, signal)) {
      const { size } = await stat(path).catch(() => ({ size: 0 }));
      if (size > limits.maxBytes && !signal.aborted) await this.rotate(id, path, limits);
    }
  }

  private async rotate(id: string, path: string, { files, compress }: LogLimits): Promise<void> {
    for (const { number, name } of (await olderLogs(path)).toReversed()) {
      const file = join(dirname(path), name);
      const next = join(dirname(path), name.replace(/\.\d+(?=(\.gz)?$)/, `.${number + 1}`));
      if (number >= files - 1) await rm(file);
      else await rename(file, next);
    }
    // What is written until the new file is there goes on into this one.
    await rename(path, `${path}.1`);
    await this.options.reopen(id);
    if (files === 1) return rm(`${path}.1`);
    if (!compress) return;
    await pipeline(createReadStream(`${path}.1`), createGzip(), createWriteStream(`${path}.1.gz.new`, { mode: 0o600 }));
    await rename(`${path}.1.gz.new`, `${path}.1.gz`);
    await rm(`${path}.1`);
  }
}

/** What was rotated away of a log and is kept, the latest first. */
export async function olderLogs(path: string): Promise<{ number: number; name: string }[]> {
  const own = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  const numbered = names.flatMap((name) => {
    const [, number] = (name.startsWith(own) && /^(\d+)(\.gz)?$/.exec(name.slice(own.length))) || [];
    return number === undefined ? [] : [{ number: Number(number), name }];
  });
  return numbered.toSorted((a, b) => a.number - b.number);
}
