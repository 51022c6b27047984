import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Random, removeTree, systemRandom } from '#base';
import { RuntimeError } from '../contract.ts';
import type { BuildMount, BuildRunner, ImageBuilding } from '../building.contract.ts';
import { detectCgroups, mount, mountFlags, pinInRoot, readMounts, unmount } from '../host/index.ts';
import { buildSpec, type ReadyMount, type Step } from './build-spec.ts';

export interface BuildRunnerOptions {
  building: ImageBuilding;
  /** Bundles and the OCI runtime's state while a step runs. */
  workDir: string;
  /** Below which steps with limits get groups; `/berth-builds` unless told otherwise. */
  cgroupRoot?: string;
  /** `crun` unless told otherwise. */
  program?: string;
  random?: Random;
}

/**
 * Runs the steps of a build through crun: own process, mount, IPC and UTS namespaces, the host's network unless it shall have none (a
 * build fetches things), the capabilities and system calls of an ordinary container. A step ends with this process, however that ends: it
 * lives in a process namespace whose first process the kernel kills then.
 */
export class CrunBuildRunner implements BuildRunner {
  private readonly cgroups = detectCgroups();

  constructor(private readonly options: BuildRunnerOptions) {}

  async run(step: Step): Promise<{ exitCode: number }> {
    const { building, workDir, random = systemRandom } = this.options;
    const id = `build-${random.uuid()}`;
    const bundle = join(workDir, id);
    const memory = join(bundle, 'memory');
    await mkdir(join(bundle, 'state'), { recursive: true, mode: 0o700 });
    await mkdir(memory);
    try {
      mount('tmpfs', memory, 'tmpfs', { flags: mountFlags.nosuid | mountFlags.nodev, data: 'mode=755' });
      return await building.withRoot(step.lower, step.upper, async (root) => {
        const mounts = [...hostsMount(step), ...(step.mounts ?? [])].map((wanted, i) => ready(wanted, join(memory, String(i))));
        const stubs = missingMountPoints(root, mounts);
        try {
          await writeFile(join(bundle, 'config.json'), JSON.stringify(buildSpec(step, root, { id, mounts })));
          return await this.withGroup(id, step, (group) => this.runBundle(id, { bundle, step, group }));
        } finally {
          removeStubs(stubs);
        }
      });
    } finally {
      await unmount(memory);
      await removeTree(bundle);
    }
  }

  /** Takes away what a builder that was killed has left. Before any step: a directory has one builder at a time. */
  async clear(): Promise<void> {
    const { workDir } = this.options;
    for (const { target } of readMounts().filter((entry) => entry.target.startsWith(`${workDir}/`))) await unmount(target);
    for (const id of existsSync(workDir) ? readdirSync(workDir) : []) await this.cgroups.remove(this.groupOf(id));
    await removeTree(workDir);
  }

  private groupOf(id: string): string {
    return join(this.options.cgroupRoot ?? '/berth-builds', id);
  }

  /** A group for the step's limits, as long as it runs; none where there are none: a build is bounded by whoever runs it. */
  private async withGroup<T>(id: string, step: Step, use: (group: string | undefined) => Promise<T>): Promise<T> {
    if (!step.bounds?.limits) return use(undefined);
    const group = this.groupOf(id);
    await this.cgroups.make(group, step.bounds.limits);
    try {
      return await use(group);
    } finally {
      await this.cgroups.remove(group);
    }
  }

  private async runBundle(
    id: string,
    { bundle, step, group }: { bundle: string; step: Step; group?: string },
  ): Promise<{ exitCode: number }> {
    const { program = 'crun' } = this.options;
    const log = join(bundle, 'log');
    const command = [
      program,
      `--root=${join(bundle, 'state')}`,
      '--cgroup-manager=disabled',
      `--log=${log}`,
      'run',
      `--bundle=${bundle}`,
      id,
    ];
    step.signal?.throwIfAborted();
    const exitCode = await spawned(enclosed([...pinned(step), ...command], this.entering(group)), step);
    step.signal?.throwIfAborted();
    const words = readRuntimeLog(log);
    // The runtime itself failed: the program does not exist, or cannot be run.
    if (exitCode !== 0 && words) throw new RuntimeError('start-failed', words);
    return { exitCode };
  }

  /** Shell commands by which a process enters a group. */
  private entering(group: string | undefined): string {
    if (group === undefined) return '';
    const directories = this.cgroups.version === 2 ? [''] : ['cpu', 'memory', 'pids'];
    return directories.map((name) => `echo $$ > ${join('/sys/fs/cgroup', name, group, 'cgroup.procs')} && `).join('');
  }
}

/** A list of processors needs no group: it is handed down from parent to child. */
const pinned = ({ bounds }: Step): string[] => (bounds?.cpus ? ['taskset', '--cpu-list', bounds.cpus] : []);

const unified = '/sys/fs/cgroup/unified';

/**
 * `setpriv` ends `unshare` with us, and that its child, which is the first process of the namespace. crun refuses hosts that have cgroup v1
 * and v2 side by side ("drop all controllers from cgroupv2"), also when it shall make no cgroup: it finds v1 alone.
 */
function enclosed(command: readonly string[], entering: string): readonly string[] {
  const hybrid = existsSync(`${unified}/cgroup.controllers`) ? `umount ${unified} && ` : '';
  const script = `${entering}${hybrid}exec "$@"`;
  const namespaces = ['unshare', '--pid', '--fork', '--kill-child=KILL', '--mount', '--propagation=private', '--mount-proc'];
  return ['setpriv', '--pdeathsig=KILL', ...namespaces, 'sh', '-c', script, 'sh', ...command];
}

function spawned([program = '', ...args]: readonly string[], { output, signal }: Step): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', kill);
    child.stdout.setEncoding('utf8').on('data', output);
    child.stderr.setEncoding('utf8').on('data', output);
    child.on('error', (err) => reject(new RuntimeError('start-failed', `cannot run ${program}: ${err.message}`, { cause: err })));
    child.on('close', (code) => {
      signal?.removeEventListener('abort', kill);
      resolve(code ?? 137);
    });
  });
}

/** crun's log: `time: words` a line; '' when it had nothing to say. */
function readRuntimeLog(path: string): string {
  try {
    return readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z: /, ''))
      .join('; ');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw err;
  }
}

/** The host's own names, and those that were given. */
function hostsMount({ bounds }: Step): BuildMount[] {
  if (!bounds?.extraHosts?.length) return [];
  const lines = bounds.extraHosts.map((host) => {
    const colon = host.search(/[:=]/);
    return `${host.slice(colon + 1).replace(/^\[|\]$/g, '')}\t${host.slice(0, colon)}\n`;
  });
  const content = Buffer.from(`${readFileSync('/etc/hosts', 'utf8').trimEnd()}\n${lines.join('')}`);
  return [{ target: '/etc/hosts', kind: 'file', content, mode: 0o644, uid: 0, gid: 0 }];
}

/** A file that is not on a disk is put where memory is mounted. */
function ready(wanted: BuildMount, path: string): ReadyMount {
  if (wanted.kind !== 'file') return wanted;
  writeFileSync(path, wanted.content, { mode: 0o600 });
  chownSync(path, wanted.uid, wanted.gid);
  chmodSync(path, wanted.mode);
  return { target: wanted.target, kind: 'bind', source: path, readOnly: true };
}

/** The runtime makes what it mounts on. What was not there before the step is no change of the step. Deepest first. */
const mountPoints = ['etc/resolv.conf', 'etc/hosts', 'dev', 'proc', 'sys'];

function missingMountPoints(root: string, mounts: readonly ReadyMount[]): string[] {
  const missing = [...mountPoints, ...mounts.map(({ target }) => target)].flatMap((path) => missingParts(root, path));
  return [...new Set(missing)].sort((a, b) => b.length - a.length);
}

/** Of a path, in the root as a process there sees it: what would have to be made. */
function missingParts(root: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  for (let known = parts.length; known >= 0; known--) {
    const pinned = pinInRoot(root, parts.slice(0, known).join('/') || '.');
    if (!pinned) continue;
    try {
      const real = readlinkSync(pinned.path);
      return parts.slice(known).map((_part, i) => join(real, ...parts.slice(known, known + i + 1)));
    } finally {
      pinned.close();
    }
  }
  return [];
}

function removeStubs(stubs: readonly string[]): void {
  for (const path of stubs) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isFile() && found.size === 0) rmSync(path);
    if (!found?.isDirectory()) continue;
    try {
      rmdirSync(path);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw err; // the step put something there
    }
  }
}
