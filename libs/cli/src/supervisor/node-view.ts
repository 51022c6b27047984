import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, relative } from 'node:path';
import { mustRun } from '#base';
import type { Layout } from './layout.ts';

/*
 * What a node sees of the machine that it shares with the control plane and the other nodes: all of it but the home of the cluster, in
 * which it sees its own folder without the keys. A pod that mounts files of its node (hostPath) sees what the node sees.
 */

const cover = (path: string, mode: string): string => `mount -t tmpfs -o size=64k,mode=${mode} hidden "${path}"`;

/**
 * Covers the home, wherever it shows. `$1` the home, `$2` the folder of the node, `$3` its keys, the rest: other ways to the home.
 * The folder is bound from the working directory, since its path is covered by then.
 */
const script = `set -e
cd "$2"
${cover('$1', '711')}
mkdir -p "$2"
mount --no-canonicalize --bind . "$2"
${cover('$3', '0')}
mount -o remount,bind,ro "$1"
home=$1; shift 3
for other; do ${cover('$other', '0')}; done
cd /
`;

/** Hides the home from the mount namespace that is pinned at `files.mountNamespace`. */
export async function hideHome({ home }: Layout, files: ReturnType<Layout['node']>): Promise<void> {
  const inside = ['nsenter', `--mount=${files.mountNamespace}`, '--'] as const;
  const stdout = await mustRun([...inside, 'cat', '/proc/self/mountinfo']);
  const others = otherWaysTo(home, stdout);
  await mustRun([...inside, 'sh', '-c', script, 'hide', home, files.root, dirname(files.key), ...others]);
}

/**
 * Pins in place of the namespace a copy of it in which nobody, root in a privileged container included, can take a cover away: mounts that a
 * mount namespace got from one of another user namespace are locked together, and their copies and binds stay so (mount_namespaces(7),
 * "Restrictions on mount namespaces"). The copy goes through a user namespace and back: the one that is pinned belongs to the machine's, as
 * those of containers do, so that mounts pass between them. Answers what is in the way where no user namespace can be made.
 */
export async function lockView({ mountNamespace }: ReturnType<Layout['node']>): Promise<string | undefined> {
  const there = await holdNamespace(mountNamespace, '--user');
  if ('complaint' in there) return there.complaint;
  try {
    const back = await holdNamespace(there.path);
    if ('complaint' in back) return back.complaint;
    try {
      await mustRun(['umount', mountNamespace]);
      await mustRun(['mount', '--bind', back.path, mountNamespace]);
      return undefined;
    } finally {
      await back.release();
    }
  } finally {
    await there.release();
  }
}

type Held = { path: string; release: () => Promise<void> } | { complaint: string };

/** A copy of a mount namespace, for as long as a process that does nothing lives in it. */
async function holdNamespace(from: string, ...flags: string[]): Promise<Held> {
  const idle = ['sh', '-c', 'echo ready; exec cat'];
  const command = [`--mount=${from}`, '--', 'unshare', ...flags, '--mount', '--propagation', 'unchanged', ...idle];
  const holder = spawn('nsenter', command, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(holder, 'exit');
  let complaint = '';
  holder.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const ready = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!ready) return { complaint: complaint.trim() };
  return {
    path: `/proc/${holder.pid}/ns/mnt`,
    async release() {
      holder.stdin.end();
      await ended;
    },
  };
}

/** Other paths that lead to a folder: its file system, or a part of it that holds the folder, may be mounted at several places. */
export function otherWaysTo(folder: string, mountinfo: string): string[] {
  const mounts = mountinfo
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '))
    .map(([, , device, root, target]) => ({ device, root: unescape(root!), target: unescape(target!) }));
  const within = (path: string, parent: string): boolean => path === parent || path.startsWith(parent === '/' ? '/' : `${parent}/`);
  const own = mounts.findLast(
    ({ target }) => within(folder, target) && mounts.every((m) => !within(folder, m.target) || within(target, m.target)),
  );
  if (!own) return [];
  const place = join(own.root, relative(own.target, folder));
  return mounts
    .filter(({ device, root, target }) => device === own.device && within(place, root) && !within(target, folder))
    .map(({ root, target }) => join(target, relative(root, place)))
    .filter((path) => path !== folder);
}

/** proc_pid_mountinfo(5): space, tab, newline and backslash stand as octal escapes. */
const unescape = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
