import { timestamp } from '#api';
import { open } from 'node:fs/promises';
import type { ContainerStateTerminated } from '#api/types';
import type { ContainerExit } from '#runtime/containers.contract';
import type { LogReader } from '#runtime/logs.contract';

const MAX_MESSAGE_BYTES = 4096;
const MAX_LOG_LINES = 80;
const MAX_LOG_BYTES = 2048;

export interface EndedContainer {
  id: string;
  startedAt: Date | undefined;
  exit: ContainerExit;
  /** File bound at `terminationMessagePath`. */
  messagePath: string;
  policy: string | undefined;
  logPath: string;
}

/** The `terminated` state of a container that has ended, with its last words (Kubernetes, "Customizing the termination message"). */
export async function terminatedState(ended: EndedContainer, logs: LogReader): Promise<ContainerStateTerminated> {
  const { exitCode, finishedAt, oomKilled } = ended.exit;
  let message = await readTail(ended.messagePath);
  if (message === '' && exitCode !== 0 && ended.policy === 'FallbackToLogsOnError') message = await lastLogLines(ended.logPath, logs);
  return {
    exitCode,
    reason: oomKilled ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    ...(message && { message }),
    startedAt: timestamp(ended.startedAt ?? new Date(0)),
    finishedAt: timestamp(finishedAt),
    containerID: `berth://${ended.id}`,
  };
}

async function readTail(path: string): Promise<string> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw err;
  }
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, MAX_MESSAGE_BYTES));
    await file.read(buffer, 0, buffer.length, Math.max(0, size - buffer.length));
    return buffer.toString();
  } finally {
    await file.close();
  }
}

async function lastLogLines(path: string, logs: LogReader): Promise<string> {
  const texts: Buffer[] = [];
  for await (const lines of logs.read(path, { tailLines: MAX_LOG_LINES }))
    for (const { text, partial } of lines) texts.push(text, Buffer.from(partial ? '' : '\n'));
  const all = Buffer.concat(texts);
  return all.subarray(Math.max(0, all.length - MAX_LOG_BYTES)).toString();
}
