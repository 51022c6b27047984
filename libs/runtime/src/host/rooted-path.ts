import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { calls, checked, cPath, SystemCallError } from './libc.ts';

/** Linux 5.6; the same number everywhere, as that of pidfd_open(2). */
const SYS_OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;
const O_PATH = 0o10000000;

/**
 * Opens a path as a process sees it whose root is `root`: links, absolute ones too, never lead outside, whatever a container does to
 * them meanwhile (openat2(2), RESOLVE_IN_ROOT). The caller closes the descriptor.
 */
export function openInRoot(root: string, path: string, flags: number = constants.O_RDONLY): number {
  const rootFd = openSync(root, O_PATH | constants.O_DIRECTORY);
  try {
    const how = Buffer.alloc(24);
    how.writeBigUInt64LE(BigInt(flags | 0o2000000), 0);
    how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
    return checked('openat2', Number(calls.syscallOpenat2(SYS_OPENAT2, rootFd, cPath(path), how, how.length)), `${path} in ${root}`);
  } finally {
    closeSync(rootFd);
  }
}

/** A handle to a file or directory inside `root` that stays what it is; its path can be bound or copied from until `close`. */
export function pinInRoot(root: string, path: string): { path: string; directory: boolean; close: () => void } | undefined {
  try {
    const fd = openInRoot(root, path, O_PATH);
    return { path: `/proc/${process.pid}/fd/${fd}`, directory: fstatSync(fd).isDirectory(), close: () => closeSync(fd) };
  } catch (err) {
    if (err instanceof SystemCallError && ['ENOENT', 'ENOTDIR'].includes(err.code)) return undefined;
    throw err;
  }
}

/** The text of a file inside `root`; undefined when there is none. Refuses what is not a regular file and what is larger than `limitBytes`. */
export function readTextInRoot(root: string, path: string, limitBytes = 4 << 20): string | undefined {
  let fd: number;
  try {
    fd = openInRoot(root, path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (err) {
    if (err instanceof SystemCallError && ['ENOENT', 'ENOTDIR'].includes(err.code)) return undefined;
    throw err;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > limitBytes) throw new Error(`${path}: not a regular file of at most ${limitBytes} bytes`);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}
