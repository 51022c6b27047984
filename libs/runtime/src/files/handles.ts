import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { posix } from 'node:path';
import { compareNames, decodeName, filePath } from '#base';
import type { PathStat } from '../filesystems.contract.ts';
import { SystemCallError } from '../host/index.ts';
import { openInRoot } from '../host/rooted-path.ts';

/*
 * Files by open directories, one step at a time (openat(2) and its like): a process that exchanges a directory for a link while its files
 * are read or written leads nobody elsewhere. Node has no such calls; a path below `/proc/self/fd/<n>` means the same to the kernel.
 */

const O_PATH = 0o10000000;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
/** Of directories that are made on the way: Docker's as well. */
const impliedMode = 0o755;

/** A path for Node's calls: the entry of an open directory. */
export const at = (directory: number, name: string): Buffer | string => filePath(`/proc/self/fd/${directory}/${name}`);

/** The same for calls of the C library, which know names as text. */
export const textAt = (directory: number, name: string): string => `/proc/self/fd/${directory}/${name}`;

export function within<T>(fd: number, use: (fd: number) => T): T {
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** A handle to a path below a root that stays what it is: of a link at its end itself. */
export const pin = (root: string, path: string): number => openInRoot(root, path || '.', O_PATH | O_NOFOLLOW);

/** Follows a link at the end too. */
export const pinDirectory = (root: string, path: string): number => openInRoot(root, path || '.', O_PATH | O_DIRECTORY);

/** Of any kind, through links. */
export const pinFollowed = (root: string, path: string): number => openInRoot(root, path || '.', O_PATH);

/** The directory at a path below a root; what is missing of it is made. */
export function directoryIn(root: string, path: string): number {
  try {
    return pinDirectory(root, path);
  } catch (err) {
    if ((err as SystemCallError).code !== 'ENOENT' || path === '/') throw err;
  }
  within(directoryIn(root, posix.dirname(path)), (above) => makeIfMissing(above, posix.basename(path), impliedMode));
  return pinDirectory(root, path);
}

export function makeIfMissing(directory: number, name: string, mode: number): void {
  try {
    mkdirSync(at(directory, name), { mode });
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
  }
}

export function makeFileIfMissing(directory: number, name: string): void {
  try {
    closeSync(openSync(at(directory, name), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o644));
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
  }
}

/** Handle to an entry of a directory, never through a link. */
export const pinEntry = (directory: number, name: string): number => openSync(at(directory, name), O_PATH | O_NOFOLLOW);

export const openDirectory = (directory: number, name: string): number =>
  openSync(at(directory, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

/** By their bytes. */
export function namesIn(directory: number): string[] {
  return readdirSync(`/proc/self/fd/${directory}`, { encoding: 'buffer' }).map(decodeName).toSorted(compareNames);
}

/** Whether it failed because there is nothing, or no longer what there was. */
export function isGone(err: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL'].includes((err as NodeJS.ErrnoException).code ?? '');
}

export function isMissing(err: unknown): boolean {
  const { code } = err as NodeJS.ErrnoException | SystemCallError;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

export function linkTarget(directory: number, name: string): string {
  return decodeName(readlinkSync(at(directory, name), 'buffer'));
}

export function statEntry(directory: number, name: string): BigIntStats | undefined {
  try {
    return within(pinEntry(directory, name), (fd) => fstatSync(fd, { bigint: true }));
  } catch (err) {
    if (isMissing(err)) return undefined;
    throw err;
  }
}

export function typeOf(stat: BigIntStats): PathStat['type'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'character';
  if (stat.isBlockDevice()) return 'block';
  return stat.isFIFO() ? 'fifo' : 'socket';
}

/** An entry with all that is below it. Nothing there is no error. */
export function removeEntry(directory: number, name: string): void {
  const stat = statEntry(directory, name);
  if (!stat) return;
  if (!stat.isDirectory()) return unlinkSync(at(directory, name));
  within(openDirectory(directory, name), (fd) => {
    for (const child of namesIn(fd)) removeEntry(fd, child);
  });
  rmdirSync(at(directory, name));
}
