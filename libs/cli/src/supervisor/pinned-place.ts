import { access, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, mustRun, runCommand } from '#base';
import { signalProcess, until } from './process.ts';

/*
 * Namespaces that outlive the process that runs in them, since a file is mounted on each, and what belongs to such a place: processes, cgroups.
 */

export interface MountPlace {
  /** The folder of the files. */
  namespaces: string;
  mountNamespace: string;
}

/** A command as it runs in the place. */
export const within =
  ({ mountNamespace }: MountPlace) =>
  (...command: string[]) =>
    ['nsenter', `--mount=${mountNamespace}`, '--', ...command] as [string, ...string[]];

/** A mount namespace in which what is mounted on the machine later shows too, and nothing the other way round. */
export async function pinMountNamespace(place: MountPlace): Promise<void> {
  const { namespaces, mountNamespace } = place;
  await mkdir(namespaces, { recursive: true, mode: 0o700 });
  await mustRun(['mount', '--bind', namespaces, namespaces]);
  await mustRun(['mount', '--make-private', namespaces]); // a namespace cannot be pinned on a shared mount
  await writeFile(mountNamespace, '', { mode: 0o600 });
  await mustRun(['unshare', `--mount=${mountNamespace}`, '--propagation', 'slave', 'true']);
  // crun on a hybrid host wants either all controllers on cgroup v2 or no v2 at all; only this view loses it.
  if (await exists('/sys/fs/cgroup/unified')) await runCommand(within(place)('umount', '/sys/fs/cgroup/unified'));
}

export async function unpin(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    // Lazily: who is just entering holds the files for a moment, and a namespace lasts as long as its last process anyway.
    while (await isPinned(path)) await mustRun(['umount', '--lazy', path]);
  }
}

export interface ProcessesOf {
  /** Whose they are, for the message. */
  of: string;
  mountNamespace: string;
  cgroup: string;
}

/** Kills whatever runs in a mount namespace or below a cgroup. Resolves when all of it is gone. */
export async function killProcesses({ of, mountNamespace, cgroup }: ProcessesOf, clock: Clock): Promise<void> {
  const survivors = async (): Promise<number[]> => [
    ...(await processesInMountNamespace(mountNamespace)),
    ...(await processesInCgroup(cgroup)),
  ];
  const allGone = await until(
    async () => {
      const pids = await survivors();
      for (const pid of pids) signalProcess(pid, 'SIGKILL');
      return pids.length === 0;
    },
    20_000,
    clock,
  );
  if (!allGone) throw new Error(`${of}: processes ${(await survivors()).join(', ')} do not end, though they were killed`);
}

export async function ignoringAbsence(command: readonly [string, ...string[]], absent: RegExp): Promise<void> {
  const result = await runCommand(command);
  if (result.code !== 0 && !absent.test(result.stderr)) throw new Error(`${command.join(' ')}: ${result.stderr.trim()}`);
}

async function processesInMountNamespace(path: string): Promise<number[]> {
  if (!(await isPinned(path))) return [];
  const wanted = `mnt:[${(await stat(path)).ino}]`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const namespaces = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/ns/mnt`).catch(() => ''))); // a process that is gone is in none
  return pids.filter((_, i) => namespaces[i] === wanted).map(Number);
}

async function processesInCgroup(path: string): Promise<number[]> {
  const folders = await cgroupFolders(path);
  const texts = await Promise.all(folders.map((folder) => readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => ''))); // removed meanwhile
  return [...new Set(texts.flatMap((text) => text.split('\n').filter(Boolean).map(Number)))];
}

/** Folders of a cgroup path in every hierarchy (one on v2, one per controller on v1), deepest first. */
export async function cgroupFolders(path: string): Promise<string[]> {
  const roots = ['/sys/fs/cgroup', ...(await readdir('/sys/fs/cgroup')).map((name) => join('/sys/fs/cgroup', name))];
  const folders = await Promise.all(roots.map((root) => deepestFirst(join(root, path))));
  return [...new Set(folders.flat())];
}

async function deepestFirst(folder: string): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (err) {
    if (['ENOENT', 'ENOTDIR'].includes((err as NodeJS.ErrnoException).code ?? '')) return [];
    throw err;
  }
  const below = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => deepestFirst(join(folder, entry.name))));
  return [...below.flat(), folder];
}

/** Whether something is mounted on exactly this path. */
export async function isPinned(path: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const escaped = path.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return mounts.split('\n').some((line) => line.split(' ')[4] === escaped);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
