import { badRequest } from '#api';
import type { LogLine } from '#runtime/logs.contract';
import type { AgentContext } from '../context.ts';
import { type ContainerEntry, isRunning } from '../observed.ts';
import type { PodWorker } from '../workers/pod-worker.ts';

export interface LogOptions {
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  limitBytes?: number;
  /** RFC 3339. */
  sinceTime?: string;
  stream?: string;
}

/** The log of a container, in pieces, from whoever reads it until `signal` aborts. Throws ApiError at once where there is none. */
export function containerLog(
  { runtime, logs }: Pick<AgentContext, 'runtime' | 'logs'>,
  worker: PodWorker,
  options: LogOptions,
): (signal: AbortSignal) => AsyncIterable<Buffer> {
  const entry = entryOf(worker, options.container);
  const pod = worker.currentPod.metadata.name;
  const { current } = entry;
  if (!current && !(options.previous && entry.lastTerminated)) {
    const why = entry.waiting?.message ?? entry.waiting?.reason ?? 'ContainerCreating';
    throw badRequest(`container "${entry.name}" in pod "${pod}" is waiting to start: ${why}`);
  }
  if (options.previous && entry.restartCount === 0)
    throw badRequest(`previous terminated container "${entry.name}" in pod "${pod}" not found`);
  // While a container waits for its restart, the one that ended is the previous one, and the one whose log there is.
  const attempt = (current?.attempt ?? entry.restartCount) - (options.previous ? 1 : 0);
  const path = worker.paths.log(entry.name, Math.max(0, attempt));
  const live = !options.previous && isRunning(entry) && current ? runtime.wait(current.id).then(() => undefined) : Promise.resolve();
  return (signal) => {
    const lines = logs.read(path, {
      follow: options.follow,
      ended: live.catch(() => undefined),
      signal,
      ...(options.tailLines !== undefined && { tailLines: options.tailLines }),
      ...(options.sinceTime && { sinceTime: new Date(options.sinceTime) }),
      ...(options.stream && { stream: options.stream as LogLine['stream'] }),
    });
    return pieces(lines, options, signal);
  };
}

async function* pieces(lines: AsyncIterable<readonly LogLine[]>, options: LogOptions, signal: AbortSignal): AsyncIterable<Buffer> {
  let left = options.limitBytes ?? Infinity;
  // A stamp stands before a line, not before each part of a long one.
  let midLine = false;
  for await (const batch of lines) {
    const parts: Buffer[] = [];
    for (const { time, text, partial } of batch) {
      if (options.timestamps && !midLine) parts.push(Buffer.from(`${time.replace(/\+00:00$/, 'Z')} `));
      parts.push(text);
      if (!partial) parts.push(newline);
      midLine = partial;
    }
    const bytes = Buffer.concat(parts);
    yield bytes.subarray(0, Math.min(left, bytes.length));
    left -= bytes.length;
    if (left <= 0 || signal.aborted) return;
  }
}

const newline = Buffer.from('\n');

/** Throws ApiError 400 for a name that the pod does not have. */
export function entryOf(worker: PodWorker, container: string): ContainerEntry {
  const entry = worker.entry(container);
  if (!entry) throw badRequest(`container "${container}" in pod "${worker.currentPod.metadata.name}" not found`);
  return entry;
}
