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
  const list = Buffer.alloc(65_536); // XATTR_LIST_MAX
  let length: number;
  try {
    length = checked('llistxattr', Number(calls.llistxattr(cPath(path), list, list.length)), path);
  } catch (err) {
    if (err instanceof SystemCallError && ['ENOTSUP', 'EOPNOTSUPP'].includes(err.code)) return [];
    throw err;
  }
  const names: string[] = [];
  for (let at = 0, end = list.indexOf(0); at < length; at = end + 1, end = list.indexOf(0, at))
    names.push(decodeName(list.subarray(at, end)));
  return names;
}
