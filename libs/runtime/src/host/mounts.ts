import { readFileSync } from 'node:fs';
import { decodeName } from '#base';
import { calls, checked, checkedAsync, cPath, SystemCallError } from './libc.ts';

/** `sys/mount.h` */
export const mountFlags = {
  readonly: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  remount: 32,
  bind: 4096,
  recursive: 16384,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
} as const;

const MNT_DETACH = 2;

/** mount(2). `flags` are of `mountFlags`; options that only the file system knows go into `data`, e.g. overlay's `lowerdir=…`. */
export function mount(source: string, target: string, type: string, { flags = 0, data = '' } = {}): void {
  checked('mount', calls.mount(source, target, type, flags, data || null), `${type || 'bind'} ${source} on ${target}`);
}

/**
 * Read-only takes a second call: mount(2) ignores every other flag when a bind is made. `recursive` binds what is mounted below as well, of
 * which only the top is then read-only.
 */
export function bindMount(source: string, target: string, { readonly = false, recursive = false } = {}): void {
  const flags = mountFlags.bind | (recursive ? mountFlags.recursive : 0);
  mount(source, target, '', { flags });
  if (readonly) mount('', target, '', { flags: flags | mountFlags.remount | mountFlags.readonly });
}

/**
 * umount2(2) with MNT_DETACH, on another thread: unmounting an overlay may sync its upper file system. What is not mounted, or not
 * there, is no error.
 */
export async function unmount(target: string): Promise<void> {
  try {
    await checkedAsync(calls.umount2, [cPath(target), MNT_DETACH], 'umount2', target);
  } catch (err) {
    if (!(err instanceof SystemCallError) || !['EINVAL', 'ENOENT'].includes(err.code)) throw err;
  }
}

/** A line of mountinfo: `root` is the part of the file system that is seen at `target`. */
export interface MountEntry {
  id: number;
  root: string;
  target: string;
  type: string;
  source: string;
}

/** The same at once, for binds, which sync nothing. Throws when nothing is mounted there. */
export function unmountNow(target: string): void {
  checked('umount2', calls.umount2(cPath(target), MNT_DETACH), target);
}

/** The mounts that this process sees: proc_pid_mountinfo(5). */
export function readMounts(): MountEntry[] {
  return parseMountInfo(decodeName(readFileSync('/proc/self/mountinfo')));
}

/** proc_pid_mountinfo(5): optional fields end with a lone dash, and octal escapes stand for what would end a field. */
export function parseMountInfo(text: string): MountEntry[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const fields = line.split(' ');
      const dash = fields.indexOf('-', 6);
      return {
        id: Number(fields[0]),
        root: unescape(fields[3] ?? ''),
        target: unescape(fields[4] ?? ''),
        type: fields[dash + 1] ?? '',
        source: unescape(fields[dash + 2] ?? ''),
      };
    });
}

/** Space, tab, newline and backslash stand as octal escapes in mountinfo. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
