import { decodeName } from '#base';
import { calls, checked, cPath, SystemCallError } from './libc.ts';

/** Sets an extended attribute of the path itself, never of what a link points to. */
export function lsetxattr(path: string, name: string, value: Uint8Array | string): void {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  checked('lsetxattr', calls.lsetxattr(cPath(path), cPath(name), bytes, bytes.length, 0), `${name} of ${path}`);
}

/** undefined: the path has no such attribute, or its file system has none at all. */
export function lgetxattr(path: string, name: string): Buffer | undefined {
  for (let size = 256; ; size *= 4) {
    const value = Buffer.alloc(size);
    try {
      const length = checked('lgetxattr', Number(calls.lgetxattr(cPath(path), cPath(name), value, size)), `${name} of ${path}`);
      return value.subarray(0, length);
    } catch (err) {
      if (!(err instanceof SystemCallError)) throw err;
      if (err.code === 'ENODATA' || err.code === 'ENOTSUP' || err.code === 'EOPNOTSUPP') return undefined;
      if (err.code !== 'ERANGE') throw err;
    }
  }
}

/** llistxattr(2): names of the extended attributes of a file, or of a link itself. None where the file system has none. */
export function llistxattr(path: string): string[] {
  const list = attributeList(path);
  const { length } = list;
  const names: string[] = [];
  for (let at = 0, end = list.indexOf(0); at < length; at = end + 1, end = list.indexOf(0, at))
    names.push(decodeName(list.subarray(at, end)));
  return names;
}

/** Names, each with a NUL behind it. */
function attributeList(path: string): Buffer {
  // Most files have none or one; XATTR_LIST_MAX is 64 KiB.
  for (const size of [256, 65_536]) {
    const list = Buffer.allocUnsafe(size);
    try {
      return list.subarray(0, checked('llistxattr', Number(calls.llistxattr(cPath(path), list, size)), path));
    } catch (err) {
      if (!(err instanceof SystemCallError)) throw err;
      if (['ENOTSUP', 'EOPNOTSUPP'].includes(err.code)) break;
      if (err.code !== 'ERANGE' || size === 65_536) throw err;
    }
  }
  return Buffer.alloc(0);
}

/** Takes an extended attribute away from the path itself. */
export function lremovexattr(path: string, name: string): void {
  checked('lremovexattr', calls.lremovexattr(cPath(path), cPath(name)), `${name} of ${path}`);
}
