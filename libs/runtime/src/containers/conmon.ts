import { closeSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { RuntimeError } from '../contract.ts';
import { openPipe, spawnProgram } from '../host/index.ts';
import type { BundlePaths } from './node-paths.ts';
import { readIfPresent } from './state-file.ts';

export interface ConmonOptions {
  conmon: string;
  crun: string;
  crunRoot: string;
  exitDir: string;
}

export interface MonitoredContainer {
  id: string;
  name: string;
  bundle: BundlePaths;
  logPath: string;
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
}

/**
 * Starts conmon, which creates the container (not yet its program) and stays as its parent: it writes the log, keeps the exit code, and
 * outlives this process. Resolves when the container exists; throws `RuntimeError` 'start-failed' with the OCI runtime's words.
 */
export async function createWithConmon(options: ConmonOptions, container: MonitoredContainer): Promise<void> {
  const { bundle, id } = container;
  const args = [
    ['--api-version', '1', '-c', id, '-u', id, '-n', container.name, '-r', options.crun, '-b', bundle.dir],
    ['-p', bundle.pidFile, '-P', bundle.conmonPidFile, '--exit-dir', options.exitDir, '--full-attach'],
    ['-l', `k8s-file:${container.logPath}`, '--log-level', 'error', '--no-sync-log', '--runtime-arg', `--root=${options.crunRoot}`],
    container.tty ? ['-t'] : [],
    container.stdin ? ['-i'] : [],
    container.stdin && !container.stdinOnce ? ['--leave-stdin-open'] : [],
  ].flat();
  const sync = openPipe();
  const complaints = openPipe();
  const nothing = openSync('/dev/null', 'r+');
  const report = textOf(sync.read, (text) => text.includes('\n'));
  const errors = textOf(complaints.read, () => false);
  try {
    // conmon notes an OOM kill by a file in its working directory, and reports on the pipe that this variable numbers. The first process
    // ends when the pid file is written; the second reports one line, and may keep the pipe as long as it lives.
    await spawnProgram({
      command: [options.conmon, ...args],
      cwd: bundle.dir,
      env: { PATH: process.env['PATH'] ?? '', _OCI_SYNCPIPE: '3' },
      fds: [nothing, nothing, complaints.write, sync.write],
    });
  } finally {
    for (const fd of [nothing, complaints.write, sync.write]) closeSync(fd);
  }
  try {
    const answer = parseReport(await report.done);
    if (answer && answer.data >= 0) return;
    throw new RuntimeError('start-failed', answer?.message?.trim() || errors.text().trim() || 'conmon ended without an answer');
  } finally {
    report.stop();
    errors.stop();
  }
}

/** What comes from a pipe, until that is enough or nothing more will come. */
function textOf(fd: number, enough: (text: string) => boolean): { done: Promise<string>; text: () => string; stop: () => void } {
  const pipe = new Socket({ fd, readable: true, writable: false });
  let text = '';
  const done = new Promise<string>((resolve, reject) => {
    pipe.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (enough(text)) resolve(text);
    });
    pipe.on('end', () => resolve(text));
    pipe.on('error', reject);
  });
  return { done, text: () => text, stop: () => pipe.destroy() };
}

/** One JSON line: `{"data": pid}` or `{"data": -1, "message": "…"}`. */
function parseReport(text: string): { data: number; message?: string } | undefined {
  try {
    return JSON.parse(text.split('\n')[0] ?? '') as { data: number; message?: string };
  } catch {
    return undefined; // it died before it wrote a whole line; what it printed tells why
  }
}

/** The conmon of this container, if it lives. The command line tells a reused process id from ours. */
export async function livingConmon(id: string, bundle: BundlePaths): Promise<number | undefined> {
  const pid = Number(await readIfPresent(bundle.conmonPidFile));
  if (!pid) return undefined;
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words[words.indexOf('-c') + 1] === id ? pid : undefined;
  } catch {
    return undefined; // no such process
  }
}
