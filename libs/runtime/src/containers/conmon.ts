import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { RuntimeError } from '../contract.ts';
import { endOf, MemoryFile, openPipe, startProgram } from '../host/index.ts';
import { engineWords } from './engine-words.ts';
import type { BundlePaths } from './node-paths.ts';
import { readIfPresent } from './state-file.ts';

export interface ConmonOptions {
  conmon: string;
  crun: string;
  crunRoot: string;
  exitDir: string;
}

/** `stdin`: there is an input that can be attached to. `stdinOnce`: it ends with the first that was. */
export interface MonitoredContainer {
  id: string;
  name: string;
  bundle: BundlePaths;
  /** Its command line. */
  args: readonly string[];
  logPath: string;
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
}

/**
 * Starts conmon, which creates the container (not yet its program) and stays as its parent: it writes the log, keeps the exit code, and
 * outlives this process. It is a child of this process (`--sync`: without another fork), in a session of its own; `ProcessWatch` reaps it.
 * Resolves when the container exists; throws `RuntimeError` 'start-failed' with what the OCI runtime says.
 */
export async function createWithConmon(options: ConmonOptions, container: MonitoredContainer): Promise<void> {
  const { bundle, id } = container;
  const args = [
    ['--api-version', '1', '-c', id, '-u', id, '-n', container.name, '-r', options.crun, '-b', bundle.dir],
    ['--sync', '-p', bundle.pidFile, '--exit-dir', options.exitDir, '--full-attach'],
    ['-l', `k8s-file:${container.logPath}`, '--log-level', 'error', '--no-sync-log', '--runtime-arg', `--root=${options.crunRoot}`],
    container.tty ? ['-t'] : [],
    container.stdin ? ['-i'] : [],
    container.stdin && !container.stdinOnce ? ['--leave-stdin-open'] : [],
  ].flat();
  const sync = openPipe();
  const complaints = new MemoryFile('conmon');
  const report = firstLine(sync.read);
  try {
    const pid = await start([options.conmon, ...args], bundle, { complaints: complaints.fd, report: sync.write });
    const answer = parseReport(await report.line);
    if (answer && answer.data >= 0) return;
    await endOf(pid);
    const words = answer?.message?.trim() || complaints.text().trim() || 'conmon ended without an answer';
    throw new RuntimeError('start-failed', engineWords(words, container.args), { cause: new Error(words) });
  } finally {
    report.stop();
    complaints.close();
  }
}

/** It notes an OOM kill by a file in its working directory, and reports on the pipe that the variable numbers, which it keeps while it lives. */
async function start(
  command: readonly [string, ...string[]],
  bundle: BundlePaths,
  { complaints, report }: { complaints: number; report: number },
): Promise<number> {
  const nothing = openSync('/dev/null', 'r+');
  try {
    const env = { PATH: process.env['PATH'] ?? '', _OCI_SYNCPIPE: '3' };
    const pid = await startProgram({ command, cwd: bundle.dir, env, fds: [nothing, nothing, complaints, report] });
    writeFileSync(bundle.conmonPidFile, String(pid), { mode: 0o600 });
    return pid;
  } finally {
    closeSync(nothing);
    closeSync(report); // with this end open, that of a conmon which died would not be seen
  }
}

/** The first line of what comes from a pipe, or all of it when nothing more will come. */
function firstLine(fd: number): { line: Promise<string>; stop: () => void } {
  const pipe = new Socket({ fd, readable: true, writable: false });
  let text = '';
  const line = new Promise<string>((resolve, reject) => {
    pipe.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text);
    });
    pipe.on('end', () => resolve(text));
    pipe.on('error', reject);
  });
  return { line, stop: () => pipe.destroy() };
}

/** One JSON line: `{"data": pid}` or `{"data": -1, "message": "…"}`. */
function parseReport(text: string): { data: number; message?: string } | undefined {
  try {
    return JSON.parse(text.split('\n')[0] ?? '') as { data: number; message?: string };
  } catch {
    return undefined; // it died before it wrote a whole line; what it printed tells why
  }
}

/** The conmon of this container, if it lives. */
export function livingConmon(id: string, bundle: BundlePaths): number | undefined {
  const pid = Number(readIfPresent(bundle.conmonPidFile));
  return pid && isConmonOf(id, pid) ? pid : undefined;
}

/** The same by looking at all processes: for when this process was killed before it had written down which one it started. */
export function runningConmon(id: string): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => pid > 0 && isConmonOf(id, pid));
}

/** The command line tells a reused process id from ours. */
function isConmonOf(id: string, pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words[0]?.endsWith('conmon') === true && words[words.indexOf('-c') + 1] === id;
  } catch {
    return false; // no such process
  }
}
