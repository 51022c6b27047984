import { open } from 'node:fs/promises';

const tailBytes = 64 * 1024;

interface LogRecord {
  level: string;
  time: string;
  msg: string;
  err?: { message: string };
}

/** The last error that each log has since a time, `file: message: cause`, so that a person sees it without opening the logs. */
export async function lastErrors(logs: readonly string[], since: Date): Promise<string[]> {
  const lines = await Promise.all(
    logs.map(async (path) => {
      const record = (await recordsOf(path)).findLast(({ level, time }) => ['error', 'fatal'].includes(level) && new Date(time) >= since);
      return record && `${path}: ${record.msg}${record.err ? `: ${record.err.message}` : ''}`;
    }),
  );
  return lines.filter((line) => line !== undefined);
}

/** The records in the end of a log; lines that are none (output of a program that does not log as Berth does) are left out. */
async function recordsOf(path: string): Promise<LogRecord[]> {
  const lines = (await tailOf(path)).split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as LogRecord];
    } catch {
      return [];
    }
  });
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path).catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT') return undefined; // the part has not started
    throw err;
  });
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
