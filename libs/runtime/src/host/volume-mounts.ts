import { closeSync, constants, fchmodSync, mkdirSync, openSync, rmdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { VolumeMounts } from '../volumes.contract.ts';
import { diskUsage } from './disk-usage.ts';
import { SystemCallError } from './libc.ts';
import { bindMount, mount, mountFlags, readMounts, unmount, unmountNow } from './mounts.ts';
import { openInRoot, pinInRoot, readTextInRoot } from './rooted-path.ts';

const O_PATH = 0o10000000;

/** `VolumeMounts` in this process's mount namespace. */
export const volumeMounts: VolumeMounts = {
  tmpfs(target, { sizeBytes, mode }) {
    mkdirSync(target, { recursive: true });
    // A file system of its own is there already; asking for all mounts takes longer, the more pods there are.
    if (statSync(target).dev !== statSync(dirname(target)).dev) return;
    const data = `mode=${mode.toString(8)}${sizeBytes ? `,size=${sizeBytes}` : ''}`;
    mount('tmpfs', target, 'tmpfs', { flags: mountFlags.nosuid | mountFlags.nodev, data });
  },
  unmount,
  diskUsage,
  // mountinfo lists a mount after what it is mounted on, so that backwards is deepest first.
  mountsBelow(directory) {
    return readMounts()
      .map((m) => m.target)
      .filter((target) => target === directory || target.startsWith(`${directory}/`))
      .toReversed();
  },
  readWithin: (root, path) => readTextInRoot(root, path, 1 << 20),
  leadsAway(path) {
    try {
      pinInRoot('/', path)?.close();
      return false;
    } catch (err) {
      if (err instanceof SystemCallError && ['ELOOP', 'EACCES'].includes(err.code)) return true;
      throw err;
    }
  },
  bindWithin(root, path, target) {
    const source = pinInRoot(root, path) ?? makeDirectories(root, path);
    try {
      // What an earlier container was given may be gone: an update of its volume or a `mv` puts another file in its place.
      while (isMountPoint(target)) unmountNow(target);
      mkdirSync(dirname(target), { recursive: true });
      makePlace(target, source.directory);
      bindMount(source.path, target, { recursive: true });
    } finally {
      source.close();
    }
  },
};

/**
 * Makes what is missing of a path, each part inside the one before it as it was found. What is made may be written by whoever may write
 * the volume itself, as with the kubelet.
 */
function makeDirectories(root: string, path: string): NonNullable<ReturnType<typeof pinInRoot>> {
  const mode = statSync(root).mode & 0o7777;
  let made = '';
  for (const part of path.split('/').filter(Boolean)) {
    const parent = openInRoot(root, made || '.', O_PATH | constants.O_DIRECTORY);
    try {
      mkdirSync(`/proc/self/fd/${parent}/${part}`);
      const fresh = openSync(`/proc/self/fd/${parent}/${part}`, constants.O_DIRECTORY | constants.O_NOFOLLOW);
      fchmodSync(fresh, mode);
      closeSync(fresh);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
    } finally {
      closeSync(parent);
    }
    made = join(made, part);
  }
  const pinned = pinInRoot(root, made || '.');
  if (!pinned) throw new Error(`${path} went away while it was being made`);
  return pinned;
}

/** Something of the right kind to bind to. */
function makePlace(target: string, directory: boolean): void {
  const found = statSync(target, { throwIfNoEntry: false });
  if (found && found.isDirectory() !== directory) (found.isDirectory() ? rmdirSync : unlinkSync)(target);
  if (directory) mkdirSync(target, { recursive: true });
  else writeFileSync(target, '', { flag: 'a' });
}

function isMountPoint(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })) return false;
  return readMounts().some((m) => m.target === path);
}
