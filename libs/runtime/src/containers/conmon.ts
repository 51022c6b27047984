import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { RuntimeError } from '../contract.ts';
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
export function createWithConmon(options: ConmonOptions, container: MonitoredContainer): Promise<void> {
  const { bundle, id } = container;
  const args = [
    ['--api-version', '1', '-c', id, '-u', id, '-n', container.name, '-r', options.crun, '-b', bundle.dir],
    ['-p', bundle.pidFile, '-P', bundle.conmonPidFile, '--exit-dir', options.exitDir, '--full-attach'],
    ['-l', `k8s-file:${container.logPath}`, '--log-level', 'error', '--no-sync-log', '--runtime-arg', `--root=${options.crunRoot}`],
    container.tty ? ['-t'] : [],
    container.stdin ? ['-i'] : [],
    container.stdin && !container.stdinOnce ? ['--leave-stdin-open'] : [],
  ].flat();
  return new Promise((resolve, reject) => {
    // conmon notes an OOM kill by a file in its working directory, and reports on the pipe that this variable numbers.
    const child = spawn(options.conmon, args, {
      cwd: bundle.dir,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], _OCI_SYNCPIPE: '3' },
    });
    let errors = '';
    let report = '';
    let forked = false;
    const sync = child.stdio[3] as Socket;
    // The first process ends when the pid file is written; the second reports one line, and may keep the pipe as long as it lives.
    const settle = (): void => {
      if (!forked || !(report.includes('\n') || sync.readableEnded)) return;
      sync.destroy();
      const answer = parseReport(report);
      if (answer && answer.data >= 0) return resolve();
      reject(new RuntimeError('start-failed', answer?.message?.trim() || errors.trim() || 'conmon ended without an answer'));
    };
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    sync.on('data', (chunk: Buffer) => {
      report += chunk.toString();
      settle();
    });
    sync.on('end', settle);
    child.on('error', reject);
    child.on('exit', () => {
      forked = true;
      settle();
    });
  });
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
