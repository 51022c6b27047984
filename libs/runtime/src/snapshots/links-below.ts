import { createHash } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Digest, filePath } from '#base';
import { mount, pinInRoot, unmount } from '../host/index.ts';
import { type LayerStore, madeForLinks } from '../layers/layer-store.ts';
import type { LinkBelow } from '../layers/layer-tree.ts';
import { bad } from '../layers/tar-header.ts';
import { escapePath, overlayRules, withOverlayOptions } from './overlay-options.ts';

export interface LinksOfLayer {
  /** diffIDs from the bottom up to the layer that has the links. */
  chain: readonly Digest[];
  links: readonly LinkBelow[];
  /** Names in `<layers.root>/l` of the layers below it, top first. */
  below: readonly string[];
  /** What copies of files may still take. */
  budget: { bytes: number };
}

/**
 * A hard link to a file of a layer below, as containerd applies it: on a mount of those layers, where overlayfs copies the file up and
 * gives the copy both names. What that writes is a layer of its own, which lies right below the layer that has the links, so that
 * whatever else the layer says holds. Made once for each chain of layers; answers its name in `<layers.root>/l`. Throws 'bad-image'
 * for a link to what is no file.
 */
export async function linksBelow(layers: LayerStore, { chain, links, below, budget }: LinksOfLayer): Promise<string> {
  const name = madeForLinks + createHash('sha256').update(chain.join('\n')).digest('hex').slice(0, 20);
  const path = join(layers.root, 'l', name);
  if (exists(path)) return name;
  const work = await layers.workDirectory();
  try {
    const [upper, root] = [join(work, 'upper'), join(work, 'root')];
    for (const directory of [upper, root, join(work, 'work')]) await mkdir(directory, { mode: 0o755 });
    const rest = `${overlayRules},upperdir=${escapePath(upper)},workdir=${escapePath(join(work, 'work'))}`;
    await withOverlayOptions({ root: join(layers.root, 'l'), names: below }, rest, (options) =>
      mount('overlay', root, 'overlay', { flags: 0, data: options }),
    );
    try {
      // Each name of a file is copied by itself, once: overlayfs forgets what was one file below.
      const copied = new Set<string>();
      for (const link of links) {
        const size = makeLink(root, link);
        if (!copied.has(link.target)) budget.bytes -= size;
        copied.add(link.target);
        if (budget.bytes < 0) throw bad('copies for its hard links are larger than an image may be');
      }
    } finally {
      await unmount(root);
    }
    const made = join(dirname(layers.diff(chain.at(-1)!)), name);
    // At once, so that of two calls one comes first. What is there without its name is of a crash between the last two steps.
    if (exists(path)) return name;
    rmSync(made, { recursive: true, force: true });
    renameSync(upper, made);
    symlinkSync(join('..', basename(dirname(made)), name), path);
    return name;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Answers the size of the file. The parents of the link are directories of the layer itself, and replace whatever the layers below have there. */
function makeLink(root: string, { path, target }: LinkBelow): number {
  const directory = pinInRoot(root, dirname(target));
  try {
    const file = directory && filePath(join(directory.path, basename(target)));
    const stat = file && lstatSync(file, { throwIfNoEntry: false });
    if (!stat || stat.isDirectory()) throw bad(`hard link '${path}' to '${target}', which is no file of the image`);
    let place = root;
    for (const part of dirname(path)
      .split('/')
      .filter((name) => name !== '.')) {
      place = join(place, part);
      if (lstatSync(filePath(place), { throwIfNoEntry: false })?.isDirectory()) continue;
      rmSync(filePath(place), { force: true });
      mkdirSync(filePath(place), { mode: 0o755 });
    }
    const at = join(place, basename(path));
    rmSync(filePath(at), { recursive: true, force: true });
    linkSync(file!, filePath(at));
    return stat.size;
  } finally {
    directory?.close();
  }
}
