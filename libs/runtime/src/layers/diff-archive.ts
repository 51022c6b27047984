import { type BigIntStats, chmodSync, lchownSync, lstatSync, lutimesSync, readdirSync, readlinkSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { decodeName, fileChunks, filePath } from '#base';
import { lgetxattr, llistxattr, lremovexattr } from '../host/index.ts';
import type { EntryType, TarEntry } from './tar-header.ts';
import { encodeHeader, endOfArchive, padding } from './tar-writer.ts';
import { opaqueMarker, overlayOpaque, whiteoutName } from './whiteouts.ts';

/**
 * An overlay upper directory as a layer archive. Deterministic: sorted by bytes, parents first, no user names, every time of change
 * `timestampSeconds`. Sockets are left out, as by every other tool: they mean nothing without their process.
 */
export async function* diffArchive(upper: string, { timestampSeconds }: { timestampSeconds: number }): AsyncGenerator<Buffer> {
  const firstPaths = new Map<bigint, string>();
  for (const found of walk(upper, '')) {
    const entry = describe(upper, found, timestampSeconds);
    if (!entry) continue;
    if (!found.stat.isDirectory() && !isWhiteout(found.stat) && found.stat.nlink > 1n) {
      const first = firstPaths.get(found.stat.ino);
      if (first !== undefined) {
        yield encodeHeader({ ...entry, type: 'hardlink', linkPath: first, sizeBytes: 0, xattrs: new Map() });
        continue;
      }
      firstPaths.set(found.stat.ino, entry.path);
    }
    yield encodeHeader(entry);
    if (entry.sizeBytes > 0) {
      yield* fileChunks(join(upper, found.path), entry.sizeBytes);
      yield padding(entry.sizeBytes);
    }
    if (found.stat.isDirectory() && lgetxattr(join(upper, found.path), overlayOpaque)?.toString() === 'y') {
      yield encodeHeader(marker(`${entry.path}${opaqueMarker}`, timestampSeconds));
    }
  }
  yield endOfArchive;
}

/**
 * Makes an upper directory what its archive would be unpacked to: without sockets, overlayfs's notes and the attributes that no image
 * has, all times the same. Answers how many entries it has.
 */
export function settleUpper(upper: string, { timestampSeconds }: { timestampSeconds: number }): number {
  let entries = 0;
  const directories = [''];
  for (const { path, stat } of walk(upper, '')) {
    const here = join(upper, path);
    if (stat.isSocket()) {
      rmSync(filePath(here));
      continue;
    }
    entries++;
    for (const name of llistxattr(here).filter(isForeign)) lremovexattr(here, name);
    if (stat.isDirectory()) directories.push(path);
    else lutimesSync(filePath(here), timestampSeconds, timestampSeconds);
  }
  // After what is in them.
  for (const path of directories) utimesSync(filePath(join(upper, path)), timestampSeconds, timestampSeconds);
  chmodSync(upper, 0o755);
  lchownSync(upper, 0, 0);
  for (const name of llistxattr(upper).filter(isForeign)) lremovexattr(upper, name);
  return entries;
}

/** Of the stack that a step ran on, or of the host: no archive of ours has them. */
const isForeign = (name: string): boolean =>
  (name.startsWith('trusted.') && name !== overlayOpaque) || name.startsWith('system.posix_acl_') || name.startsWith('user.overlay.');

/** True when the directory holds nothing: a step that changed nothing makes no layer. */
export function isUnchanged(upper: string): boolean {
  return readdirSync(upper).length === 0;
}

interface Found {
  /** Relative to the upper directory. */
  path: string;
  stat: BigIntStats;
}

function* walk(root: string, below: string): Generator<Found> {
  const found = readdirSync(filePath(join(root, below)), { encoding: 'buffer' });
  const names = found.sort((a, b) => Buffer.compare(a, b)).map(decodeName);
  for (const name of names) {
    const path = below ? `${below}/${name}` : name;
    const stat = lstatSync(filePath(join(root, path)), { bigint: true });
    yield { path, stat };
    if (stat.isDirectory()) yield* walk(root, path);
  }
}

function describe(root: string, { path, stat }: Found, mtime: number): TarEntry | undefined {
  const type = typeOf(stat);
  if (!type) return undefined;
  if (isWhiteout(stat)) {
    const slash = path.lastIndexOf('/');
    return marker(`${path.slice(0, slash + 1)}${whiteoutName(path.slice(slash + 1))}`, mtime);
  }
  return {
    path: type === 'directory' ? `${path}/` : path,
    type,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    sizeBytes: type === 'file' ? Number(stat.size) : 0,
    mtime,
    linkPath: type === 'symlink' ? decodeName(readlinkSync(filePath(join(root, path)), 'buffer')) : '',
    device: type === 'character' || type === 'block' ? deviceOf(stat.rdev) : { major: 0, minor: 0 },
    xattrs: xattrsOf(join(root, path)),
  };
}

/** overlayfs has one for many names: what they share means nothing. */
function isWhiteout(stat: BigIntStats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0n;
}

function typeOf(stat: BigIntStats): EntryType | undefined {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'character';
  if (stat.isBlockDevice()) return 'block';
  return stat.isFIFO() ? 'fifo' : undefined;
}

/** Whiteouts are empty files (OCI image-spec, layer.md, "Whiteouts"); who owns them means nothing. */
function marker(path: string, mtime: number): TarEntry {
  const device = { major: 0, minor: 0 };
  return { path, type: 'file', mode: 0o600, uid: 0, gid: 0, sizeBytes: 0, mtime, linkPath: '', device, xattrs: new Map() };
}

function xattrsOf(path: string): Map<string, Buffer> {
  const pairs = imageXattrs(path).map((name) => [name, lgetxattr(path, name)] as const);
  return new Map(pairs.filter((pair): pair is [string, Buffer] => pair[1] !== undefined));
}

/** What belongs to the image; overlay's own marks and the labels of the host's security modules do not. */
export function imageXattrs(path: string): string[] {
  return llistxattr(path).filter(
    (name) => name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.')),
  );
}

/** glibc's major(3) and minor(3). */
function deviceOf(rdev: bigint): { major: number; minor: number } {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}
