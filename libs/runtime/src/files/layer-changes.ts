import type { BigIntStats } from 'node:fs';
import type { FileChange } from '../filesystems.contract.ts';
import { lgetxattr } from '../host/index.ts';
import { overlayOpaque } from '../layers/whiteouts.ts';
import { isGone, namesIn, openDirectory, statEntry, textAt, within } from './handles.ts';

/** Where the runtime mounts something of its own, and makes a place for it that no image needs. */
const runtimePlaces = new Set(['/dev', '/proc', '/sys', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/etc/mtab']);

/**
 * What an overlay's upper directory changes of the layers below it, by path, as `docker diff` counts: a directory is changed by its mode or
 * owner, and because something in it is; a file also by its size or its time. Both are open directories, the lower one the layers' merged view.
 */
export function layerChanges(upper: number, lower: number): FileChange[] {
  const changes: FileChange[] = [];
  compareDirectories({ upper, lower, path: '', hidesLower: false }, changes);
  return changes;
}

interface Pair {
  upper: number;
  lower: number | undefined;
  path: string;
  /** Nothing of the lower one is seen but what the upper one has as well. */
  hidesLower: boolean;
}

function compareDirectories({ upper, lower, path, hidesLower }: Pair, changes: FileChange[]): void {
  const names = namesIn(upper);
  for (const name of names) compareEntries({ upper, lower, path, hidesLower }, name, changes);
  if (!hidesLower || lower === undefined) return;
  const here = new Set(names);
  for (const name of namesIn(lower)) if (!here.has(name)) changes.push({ path: `${path}/${name}`, kind: 'deleted' });
}

function compareEntries(pair: Pair, name: string, changes: FileChange[]): void {
  const path = `${pair.path}/${name}`;
  const found = statEntry(pair.upper, name);
  if (!found) return;
  const before = pair.lower === undefined ? undefined : statEntry(pair.lower, name);
  if (found.isCharacterDevice() && found.rdev === 0n) {
    if (before) changes.push({ path, kind: 'deleted' });
    return;
  }
  const isOwn = runtimePlaces.has(path) && !before && (found.isDirectory() || found.size === 0n);
  const at = changes.length;
  if (!isOwn && (!before || differs(before, found) || capability(pair.lower!, name) !== capability(pair.upper, name)))
    changes.push({ path, kind: before ? 'modified' : 'added' });
  if (!found.isDirectory()) return;
  const reported = changes.length > at;
  compareBelow(pair, { name, path, wasDirectory: before?.isDirectory() ?? false }, changes);
  // What has changed inside a directory changes it.
  if (!reported && changes.length > at) changes.splice(at, 0, { path, kind: before ? 'modified' : 'added' });
}

function compareBelow(
  pair: Pair,
  { name, path, wasDirectory }: { name: string; path: string; wasDirectory: boolean },
  changes: FileChange[],
): void {
  try {
    within(openDirectory(pair.upper, name), (upper) => {
      const hidesLower = lgetxattr(textAt(pair.upper, name), overlayOpaque)?.toString() === 'y';
      if (!wasDirectory) return compareDirectories({ upper, lower: undefined, path, hidesLower }, changes);
      within(openDirectory(pair.lower!, name), (lower) => compareDirectories({ upper, lower, path, hidesLower }, changes));
    });
  } catch (err) {
    if (!isGone(err)) throw err; // a container that runs has taken it away
  }
}

function differs(before: BigIntStats, after: BigIntStats): boolean {
  if (before.mode !== after.mode || before.uid !== after.uid || before.gid !== after.gid || before.rdev !== after.rdev) return true;
  return !after.isDirectory() && (before.size !== after.size || before.mtimeNs !== after.mtimeNs);
}

function capability(directory: number, name: string): string {
  return lgetxattr(textAt(directory, name), 'security.capability')?.toString('hex') ?? '';
}
