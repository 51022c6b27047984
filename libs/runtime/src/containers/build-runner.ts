import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Random, removeTree, runCommand, systemRandom } from '#base';
import { RuntimeError } from '../contract.ts';
import type { BuildRunner, ImageBuilding } from '../building.contract.ts';
import { readTextInRoot } from '../host/index.ts';
import { capabilitiesOf, grantedCapabilities } from './capabilities.ts';
import { resolveUser } from './container-user.ts';
import { defaultSeccomp } from './default-seccomp.ts';
import { environment } from './oci-spec.ts';

type Step = Parameters<BuildRunner['run']>[0];

export interface BuildRunnerOptions {
  building: ImageBuilding;
  /** Bundles and the OCI runtime's state while a step runs. */
  workDir: string;
  /** `crun` unless told otherwise. */
  program?: string;
  random?: Random;
}

/**
 * Runs the steps of a build through crun: own process, mount, IPC and UTS namespaces, the host's network unless it shall have none (a build fetches things), the
 * capabilities and system calls of an ordinary container. It makes no cgroup: a build is bounded by whoever runs it.
 */
export class CrunBuildRunner implements BuildRunner {
  constructor(private readonly options: BuildRunnerOptions) {}

  async run(step: Step): Promise<{ exitCode: number }> {
    const { building, workDir, random = systemRandom } = this.options;
    const id = `build-${random.uuid()}`;
    const bundle = join(workDir, id);
    await mkdir(join(bundle, 'state'), { recursive: true, mode: 0o700 });
    try {
      return await building.withRoot(step.lower, step.upper, async (root) => {
        const stubs = missingMountPoints(root);
        try {
          const script = step.script && { path: step.script.path, source: join(bundle, 'script') };
          if (script) await writeFile(script.source, step.script!.content, { mode: 0o755 });
          await writeFile(join(bundle, 'config.json'), JSON.stringify(specOf(step, root, { id, script })));
          return await this.runBundle(id, bundle, step);
        } finally {
          removeStubs(root, stubs);
        }
      });
    } finally {
      await removeTree(bundle);
    }
  }

  private async runBundle(id: string, bundle: string, step: Step): Promise<{ exitCode: number }> {
    const { program = 'crun' } = this.options;
    const common = [`--root=${join(bundle, 'state')}`, '--cgroup-manager=disabled', `--log=${join(bundle, 'log')}`];
    const kill = (): void => {
      runCommand([program, ...common, 'kill', id, 'KILL']).catch(() => undefined); // gone already
    };
    step.signal?.throwIfAborted();
    step.signal?.addEventListener('abort', kill);
    try {
      const exitCode = await spawned(withoutHybridCgroups([program, ...common, 'run', `--bundle=${bundle}`, id]), step.output);
      step.signal?.throwIfAborted();
      const words = readRuntimeLog(join(bundle, 'log'));
      // The runtime itself failed: the program does not exist, or cannot be run.
      if (exitCode !== 0 && words) throw new RuntimeError('start-failed', words);
      return { exitCode };
    } finally {
      step.signal?.removeEventListener('abort', kill);
      await runCommand([program, ...common, 'delete', '--force', id]);
    }
  }
}

const unified = '/sys/fs/cgroup/unified';

/**
 * crun refuses hosts that have cgroup v1 and v2 side by side ("drop all controllers from cgroupv2"), also when it shall make no cgroup.
 * It finds v1 alone in a mount namespace of its own from which the other has been taken.
 */
function withoutHybridCgroups(command: readonly string[]): readonly string[] {
  if (!existsSync(`${unified}/cgroup.controllers`)) return command;
  return ['unshare', '--mount', '--propagation=private', 'sh', '-c', `umount ${unified} && exec "$@"`, 'sh', ...command];
}

function spawned([program = '', ...args]: readonly string[], output: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', output);
    child.stderr.setEncoding('utf8').on('data', output);
    child.on('error', (err) => reject(new RuntimeError('start-failed', `cannot run ${program}: ${err.message}`, { cause: err })));
    child.on('close', (code) => resolve(code ?? 137));
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

/** The runtime makes what it mounts on. What was not there before the step is no change of the step. Deepest first. */
const mountPoints = ['etc/resolv.conf', 'etc/hosts', 'etc', 'dev', 'proc', 'sys'];

function missingMountPoints(root: string): string[] {
  return mountPoints.filter((path) => lstatSync(join(root, path), { throwIfNoEntry: false }) === undefined);
}

function removeStubs(root: string, stubs: readonly string[]): void {
  for (const stub of stubs) {
    const path = join(root, stub);
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

function specOf(step: Step, root: string, { id, script }: { id: string; script?: { path: string; source: string } }): object {
  const files = { passwd: readTextInRoot(root, 'etc/passwd') ?? '', group: readTextInRoot(root, 'etc/group') ?? '' };
  const user = resolveUser(step.user, files);
  const held = capabilitiesOf(/^CapBnd:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0');
  const capabilities = grantedCapabilities({ add: [], drop: [] }, { privileged: false, held }).filter((name) => held.includes(name));
  return {
    ociVersion: '1.0.2',
    hostname: 'build',
    process: {
      terminal: false,
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      args: step.args,
      env: environment(step.env, user.home, false),
      cwd: step.cwd || '/',
      noNewPrivileges: false,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: root, readonly: false },
    mounts: script
      ? [...systemMounts, { destination: script.path, type: 'bind', source: script.source, options: ['bind', 'ro'] }]
      : systemMounts,
    annotations: { 'org.berth.build': id },
    linux: {
      namespaces: [...namespaces, ...(step.network === 'none' ? [{ type: 'network' }] : [])],
      rootfsPropagation: 'rprivate',
      resources: {},
      seccomp: defaultSeccomp(new Set(capabilities), process.arch),
      maskedPaths: ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/sched_debug', '/proc/scsi', '/proc/timer_list', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

const namespaces = ['mount', 'pid', 'ipc', 'uts'].map((type) => ({ type }));

const systemMounts = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] },
  { destination: '/etc/resolv.conf', type: 'bind', source: '/etc/resolv.conf', options: ['bind', 'ro'] },
  { destination: '/etc/hosts', type: 'bind', source: '/etc/hosts', options: ['bind', 'ro'] },
];
