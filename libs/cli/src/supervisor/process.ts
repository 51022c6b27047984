import { spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { type Clock, writeFileAtomic } from '#base';
import type { Part } from './parts.ts';

/** A running process of a part, started here or found running. */
export interface RunningPart {
  pid: number;
  adopted: boolean;
  /** Resolves when the process is gone; with its exit code where it was started here. */
  exited(signal: AbortSignal): Promise<{ code?: number; signal?: string }>;
}

const keptLogBytes = 50 * 1024 * 1024;
const adoptedPollMs = 200;

/** Starts a part in a session of its own, so that it outlives the supervisor, with its output in its log file. One that is not watched does not keep this process. */
export async function startPart(part: Part, { watched = true } = {}): Promise<RunningPart> {
  await rotateLog(part.log);
  const log = await open(part.log, 'a', 0o600);
  const files = await Promise.all((part.files ?? []).map((path) => open(path)));
  try {
    const [program, ...args] = part.command;
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd, ...files.map(({ fd }) => fd)],
      env: { ...process.env, ...part.environment },
    });
    const gone = new Promise<{ code?: number; signal?: string }>((resolve) => {
      child.once('exit', (code, signal) => resolve({ ...(code !== null && { code }), ...(signal !== null && { signal }) }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    if (!watched) child.unref();
    const pid = child.pid!;
    await writeFileAtomic(part.pidFile, `${pid}\n`);
    await writeFileAtomic(startFileOf(part), `${await startTicks(pid)}\n`);
    return { pid, adopted: false, exited: (signal) => Promise.race([gone, aborted(signal)]) };
  } catch (err) {
    throw new Error(`cannot start ${part.name}: ${(err as Error).message}`, { cause: err });
  } finally {
    await Promise.all([log, ...files].map((file) => file.close()));
  }
}

/** The process that an earlier supervisor started for this part, if it still runs: same process id and same start time. */
export async function adoptPart(part: Part, clock: Clock): Promise<RunningPart | undefined> {
  const pid = await runningPid(part);
  if (pid === undefined) return undefined;
  return {
    pid,
    adopted: true,
    async exited(signal) {
      // Only a parent hears of an exit; a process that was adopted is looked at instead.
      for await (const _now of clock.every(adoptedPollMs, signal)) {
        if ((await runningPid(part)) !== pid) return {};
      }
      throw signal.reason;
    },
  };
}

/** The process id in the part's pid file when that process is still the one that was started; undefined otherwise. */
export async function runningPid(part: Pick<Part, 'pidFile'>): Promise<number | undefined> {
  const [pid, ticks] = await Promise.all([readNumber(part.pidFile), readNumber(startFileOf(part))]);
  if (pid === undefined) return undefined;
  const now = await startTicks(pid);
  return now !== undefined && now === ticks ? pid : undefined;
}

function startFileOf({ pidFile }: Pick<Part, 'pidFile'>): string {
  return pidFile.replace(/\.pid$/, '.start');
}

/** When the process started, in clock ticks since boot: proc(5), stat, field 22. Undefined when it is gone or only waits to be reaped. */
export async function startTicks(pid: number): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch (err) {
    if (isGone(err)) return undefined;
    throw err;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // the name may hold spaces and brackets
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
}

/** Sends a signal; false when the process is gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw err;
  }
}

/** Asks a process to end, waits up to `graceMs`, kills it. Resolves when it is gone. */
export async function endProcess(pid: number, graceMs: number, clock: Clock): Promise<void> {
  const started = await startTicks(pid);
  if (started === undefined) return;
  const gone = async (): Promise<boolean> => (await startTicks(pid)) !== started;
  if (graceMs > 0 && signalProcess(pid, 'SIGTERM') && (await until(gone, graceMs, clock))) return;
  if (!(await gone())) signalProcess(pid, 'SIGKILL');
  if (!(await until(gone, 10_000, clock))) throw new Error(`process ${pid} does not end, though it was killed`);
}

/** Looks every 20 ms until `condition` holds; false when it does not within `deadlineMs`. */
export async function until(condition: () => Promise<boolean>, deadlineMs: number, clock: Clock): Promise<boolean> {
  const end = clock.monotonicMs() + deadlineMs;
  for (;;) {
    if (await condition()) return true;
    if (clock.monotonicMs() >= end) return false;
    await clock.sleep(20);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function readNumber(path: string): Promise<number | undefined> {
  try {
    const value = Number(await readFile(path, 'utf8'));
    return Number.isInteger(value) && value > 0 ? value : undefined;
  } catch (err) {
    if (isGone(err)) return undefined;
    throw err;
  }
}

function isGone(err: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((err as NodeJS.ErrnoException).code ?? '');
}

async function rotateLog(path: string): Promise<void> {
  try {
    if ((await stat(path)).size > keptLogBytes) await rename(path, `${path}.1`);
  } catch (err) {
    if (!isGone(err)) throw err;
  }
}
