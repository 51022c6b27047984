import { createHash } from 'node:crypto';
import { chmodSync, lchownSync, lstatSync, mkdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { compareNames, type Digest, filePath } from '#base';
import { llistxattr, lgetxattr, lsetxattr, setTimes } from '../host/index.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import { overlayOpaque } from '../layers/whiteouts.ts';

interface DescribedLayer {
  diffId: Digest;
  implied: readonly string[];
}

/**
 * A layer may hold `tmp/file` without an entry for `tmp`: the directory is then the one below, with its owner and mode. Overlayfs would
 * show the upper layer's instead, which unpacking had to invent. Where that happens this makes one more layer, of directories alone,
 * that lies on top and shows them as they should be. Answers its name in `<layers.root>/l`; undefined when nothing is amiss (nearly
 * always).
 */
export async function describeImplied(layers: LayerStore, stack: readonly DescribedLayer[]): Promise<string | undefined> {
  if (!stack.some(({ implied }, i) => i > 0 && implied.length > 0)) return undefined;
  const key = createHash('sha256')
    .update(stack.map(({ diffId }) => diffId).join('\n'))
    .digest('hex')
    .slice(0, 20);
  const name = `over-${key}`;
  const path = join(layers.root, 'l', name);
  const wanted = wantedDirectories(layers, stack);
  if (wanted.size === 0) return undefined;
  if (exists(path)) return name;
  // Not in `unpacking`'s way of naming: the same stack always makes the same directory, so a race ends in the same place.
  const temporary = join(layers.root, 'unpacking', `over-${key}-${process.pid}`);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { mode: 0o755 });
  for (const [directory, like] of [...wanted].sort(([a], [b]) => compareNames(a, b))) copyDirectory(join(temporary, directory), like);
  renameSync(temporary, path);
  return name;
}

/** Directory → the path in a lower layer whose looks it has. Parents of each are there as well. */
function wantedDirectories(layers: LayerStore, stack: readonly DescribedLayer[]): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const directory of new Set(stack.slice(1).flatMap(({ implied }) => implied))) {
    const like = visibleDescription(layers, stack, directory);
    if (!like) continue;
    wanted.set(directory, like);
    const parts = directory.split('/');
    for (let i = 1; i < parts.length; i++) {
      const parent = parts.slice(0, i).join('/');
      const parentLike = visibleDescription(layers, stack, parent, true);
      if (parentLike) wanted.set(parent, parentLike);
    }
  }
  return wanted;
}

/** Looks down the stack for the topmost layer that describes the directory itself. undefined: the topmost that has it does, or none. */
function visibleDescription(layers: LayerStore, stack: readonly DescribedLayer[], directory: string, anyway = false): string | undefined {
  let sawImplied = anyway;
  for (let i = stack.length - 1; i >= 0; i--) {
    const { diffId, implied } = stack[i]!;
    const found = find(layers.diff(diffId), directory);
    if (found === 'hidden') return undefined;
    if (found === 'absent') continue;
    if (!implied.includes(directory)) return sawImplied ? found.path : undefined;
    sawImplied = true;
    if (found.opaque) return undefined;
  }
  return undefined;
}

/**
 * A directory of one layer; 'hidden' when the layer has something else on the way, or hides what is below it. Every component is
 * looked at by itself: a link of the layer must not lead out of it.
 */
function find(root: string, directory: string): { path: string; opaque: boolean } | 'absent' | 'hidden' {
  let path = root;
  let opaque = false;
  for (const part of directory.split('/')) {
    path = join(path, part);
    const stat = statOf(path);
    if (!stat) return opaque ? 'hidden' : 'absent';
    if (!stat.isDirectory()) return 'hidden';
    opaque ||= lgetxattr(path, overlayOpaque) !== undefined;
  }
  return { path, opaque };
}

/** Owner, mode, attributes and times; overlayfs's own marks are of the layer that they are in. */
function copyDirectory(path: string, like: string): void {
  const stat = lstatSync(filePath(like), { bigint: true });
  mkdirSync(filePath(path), { recursive: true });
  lchownSync(filePath(path), Number(stat.uid), Number(stat.gid));
  chmodSync(filePath(path), Number(stat.mode & 0o7777n));
  for (const name of llistxattr(like)) {
    const value = name.startsWith('trusted.overlay.') ? undefined : lgetxattr(like, name);
    if (value) lsetxattr(path, name, value);
  }
  setTimes(path, { mtime: Number(stat.mtimeNs / 1_000_000_000n), mtimeNanos: Number(stat.mtimeNs % 1_000_000_000n) });
}

function statOf(path: string): Stats | undefined {
  return lstatSync(filePath(path), { throwIfNoEntry: false });
}

function exists(path: string): boolean {
  return statOf(path) !== undefined;
}
