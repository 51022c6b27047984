import { calls, checked, cPath } from './libc.ts';

const currentDirectory = -100; // AT_FDCWD
const noFollow = 0x100; // AT_SYMLINK_NOFOLLOW

/** Times of access and change of the path itself, to the nanosecond, which Node's numbers of seconds do not reach. */
export function setTimes(path: string, { mtime, mtimeNanos }: { mtime: number; mtimeNanos?: number }): void {
  const seconds = Math.floor(mtime);
  const nanos = mtimeNanos ?? Math.floor((mtime - seconds) * 1e9);
  const times = new BigInt64Array([BigInt(seconds), BigInt(nanos), BigInt(seconds), BigInt(nanos)]);
  checked('utimensat', calls.utimensat(currentDirectory, cPath(path), times, noFollow), path);
}
