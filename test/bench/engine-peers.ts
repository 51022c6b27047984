import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, runCommand } from '#base';
import { isInstalled, until } from './api.ts';

/** What the bench asks of an engine, by its own command line. */
export interface Engine {
  name: string;
  socket?: string;
  /** `true`, and nothing is left of it. */
  run(image: string, network: boolean): Promise<void>;
  /** Stays until it is removed; its first process ends with SIGTERM. */
  start(image: string, name: string): Promise<void>;
  exec(name: string): Promise<void>;
  /** Stops it first. */
  remove(name: string): Promise<void>;
  pull(image: string): Promise<void>;
  /** Of a process that is part of it: its command line. */
  isOwn(commandLine: string): boolean;
}

type Command = [string, ...string[]];

export function dockerEngine(name: string, socket: string, environment: Record<string, string> = {}): Engine {
  const env = { ...process.env, ...environment };
  const isOwn =
    name === 'berth'
      ? (line: string) => /\bagent\b.*node|conmon/.test(line) && line.includes(join(socket, '..'))
      : (line: string) => line.includes(join(socket, '..'));
  return {
    socket,
    ...likeDocker(name, ['docker', '-H', `unix://${socket}`], { env, isOwn, limits: [], noNetwork: ['--network', 'none'] }),
  };
}

interface Likeness {
  env: NodeJS.ProcessEnv;
  isOwn: (line: string) => boolean;
  /** For hosts whose own limits are below the engine's defaults. */
  limits: readonly string[];
  noNetwork: readonly string[];
}

function likeDocker(name: string, command: Command, { env, isOwn, limits, noNetwork }: Likeness): Engine {
  const call = async (...args: readonly string[]): Promise<void> => void (await mustRun([...command, ...args], { env }));
  return {
    name,
    isOwn,
    run: (image, network) => call('run', '--rm', ...limits, ...(network ? [] : noNetwork), image, '/bin/true'),
    start: (image, container) => call('run', '-d', ...limits, ...noNetwork, '--name', container, image, '/bin/sleep', '1000'),
    exec: (container) => call('exec', container, '/bin/true'),
    remove: async (container) => {
      await call('stop', '-t', '0', container);
      await call('rm', container);
    },
    pull: (image) => call('pull', '-q', ...(name === 'podman' ? ['--tls-verify=false'] : []), image),
  };
}

/** undefined where it is not installed. */
export async function withPodman<T>(root: string, work: (engine: Engine) => Promise<T>): Promise<T | undefined> {
  if (!(await isInstalled('podman'))) return undefined;
  // crun refuses hybrid hierarchies of cgroups, which podman gives it as they are
  const runtime = ['--cgroup-manager', 'cgroupfs', ...((await isInstalled('runc')) ? ['--runtime', 'runc'] : [])];
  const at = join(root, 'podman');
  const command: Command = ['podman', '--root', join(at, 'root'), '--runroot', join(at, 'run'), ...runtime];
  // Its own defaults are above the hard limits of a machine that is itself a sandbox.
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
  try {
    const likeness = { env: process.env, limits, isOwn: (line: string) => line.includes(at), noNetwork: ['--network', 'none'] };
    return await work(likeDocker('podman', command, likeness));
  } finally {
    await runCommand([...command, 'rm', '-fa', '-t', '0']);
    await runCommand(['umount', '-l', join(at, 'root/overlay')]); // podman keeps its own store mounted
  }
}

/** `ctr` knows no network, and runs no other container than one at a time by a name; it pulls and runs. undefined where it is not installed. */
export async function withContainerd<T>(root: string, work: (engine: Engine) => Promise<T>): Promise<T | undefined> {
  if (!(await isInstalled('containerd')) || !(await isInstalled('ctr'))) return undefined;
  const at = join(root, 'containerd');
  mkdirSync(at);
  const socket = join(at, 'sock');
  const child = spawn(
    'setpriv',
    ['--pdeathsig=KILL', 'containerd', '--root', join(at, 'root'), '--state', join(at, 'state'), '--address', socket, '-l', 'error'],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const call = async (...args: string[]): Promise<void> => void (await mustRun(['ctr', '-a', socket, ...args]));
  const refused = (): Promise<never> => Promise.reject(new Error('ctr is not asked for this'));
  let runs = 0;
  try {
    await until('containerd', () =>
      call('version').then(
        () => true,
        () => false,
      ),
    );
    return await work({
      name: 'ctr',
      isOwn: (line) => line.includes(at),
      run: (image) => call('run', '--rm', '--cgroup', '', image, `run-${runs++}`, '/bin/true'),
      pull: (image) => call('images', 'pull', '--plain-http', image),
      start: refused,
      exec: refused,
      remove: refused,
    });
  } finally {
    child.kill('SIGTERM');
    await ended;
    await runCommand(['sh', '-c', `grep -o ' ${at}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l`]);
  }
}

/** MiB: the shares of what its processes have in common, added up (proc(5), smaps_rollup). */
export function memoryOf(engine: Engine): number {
  let kilobytes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (Number(pid) === process.pid || !engine.isOwn(line)) continue;
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // it has ended meanwhile
    }
  }
  return kilobytes / 1024;
}
