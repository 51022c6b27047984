import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { LogLine, LogOptions, LogReader } from '#runtime/logs.contract';
import { olderLogs } from './log-rotation.ts';

/** Lines of a log and of what was rotated away of it, oldest first. Only the present file is followed. */
export async function* logLines(logs: LogReader, path: string, options: LogOptions): AsyncGenerator<LogLine[]> {
  const older = await olderLogs(path);
  if (older.length > 0)
    yield* olderLines(logs, older.map(({ name }) => join(dirname(path), name)).toReversed(), await missing(logs, path, options));
  yield* logs.read(path, options);
}

/** Without what only the present file is asked; of a tail what the present file does not have of it. */
async function missing(logs: LogReader, path: string, options: LogOptions): Promise<LogOptions> {
  const { follow: _follow, ended: _ended, tailLines, ...asked } = options;
  if (tailLines === undefined) return asked;
  let here = 0;
  for await (const batch of logs.read(path, { tailLines })) here += batch.length;
  return { ...asked, tailLines: Math.max(0, tailLines - here) };
}

async function* olderLines(logs: LogReader, files: readonly string[], { tailLines, ...options }: LogOptions): AsyncGenerator<LogLine[]> {
  if (tailLines === 0) return;
  let last: LogLine[] = [];
  for (const file of files) {
    for await (const batch of plain(logs, file, options)) {
      if (tailLines === undefined) yield batch;
      else last = [...last, ...batch].slice(-tailLines);
    }
  }
  if (last.length > 0) yield last;
}

async function* plain(logs: LogReader, file: string, options: LogOptions): AsyncGenerator<LogLine[]> {
  if (!file.endsWith('.gz')) return yield* logs.read(file, options);
  const directory = await mkdtemp(join(dirname(file), 'reading-'));
  try {
    const unpacked = join(directory, 'log');
    await pipeline(createReadStream(file), createGunzip(), createWriteStream(unpacked));
    yield* logs.read(unpacked, options);
  } finally {
    await rm(directory, { recursive: true });
  }
}
