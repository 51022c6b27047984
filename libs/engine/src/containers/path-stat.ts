import { posix } from 'node:path';
import type { PathStat, RootFiles } from '#runtime/filesystems.contract';

/** Bits of Go's io/fs.FileMode, in which Docker tells of modes. */
const goType: Readonly<Record<PathStat['type'], number>> = {
  file: 0,
  directory: 2 ** 31,
  symlink: 2 ** 27,
  block: 2 ** 26,
  character: 2 ** 26 + 2 ** 21,
  fifo: 2 ** 25,
  socket: 2 ** 24,
};
const [setUid, setGid, sticky] = [0o4000, 0o2000, 0o1000];

export function goFileMode({ type, mode }: Pick<PathStat, 'type' | 'mode'>): number {
  const special = (mode & setUid ? 2 ** 23 : 0) + (mode & setGid ? 2 ** 22 : 0) + (mode & sticky ? 2 ** 20 : 0);
  return goType[type] + special + (mode & 0o777);
}

/** Docker Engine API, "Get information about files in a container": base64 of JSON. */
export function pathStatHeader(files: RootFiles, path: string, stat: PathStat): string {
  const value = {
    name: posix.basename(path) || '/',
    size: stat.sizeBytes,
    mode: goFileMode(stat),
    mtime: goTime(stat.mtimeNs),
    linkTarget: stat.type === 'symlink' ? files.resolve(path) : '',
  };
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

/** RFC 3339 with as many digits of the second as it has. */
function goTime(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const fraction = String(ns % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction && `.${fraction}`}Z`;
}

/** From the root, with the `/` or `/.` at its end that says "what is in the directory", as Docker's `PreserveTrailingDotOrSeparator`. */
export function absolutePath(path: string): string {
  const clean = posix.join('/', path).replace(/(?<=.)\/+$/, '');
  if (clean === '/') return path.endsWith('/.') || path === '.' ? '/.' : '/';
  return /(^|\/)\.$/.test(path) ? `${clean}/.` : path.endsWith('/') ? `${clean}/` : clean;
}

/** Go's filepath.Base. */
export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}
