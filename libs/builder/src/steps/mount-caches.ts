import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeyedLock } from '#base';
import type { RunMount } from '../dockerfile/run-mount.ts';

/** One process has a builder's cache at a time, so these are all that use it. */
const locks = new KeyedLock();
const inUse = new Set<string>();

/** Directories of `--mount=type=cache`, which stay from build to build: `<root>/mounts/<sha256 of the id>`, and more for private ones. */
export class MountCaches {
  constructor(private readonly root: string) {}

  /**
   * `shared`: as many as want to at once. `locked`: one after the other. `private`: each one that comes while another uses it gets a
   * directory of its own. `fill` is asked once, when the directory is new.
   */
  async use<T>(
    id: string,
    mount: RunMount,
    fill: (directory: string) => Promise<void>,
    task: (directory: string) => Promise<T>,
  ): Promise<T> {
    const path = join(this.root, 'mounts', createHash('sha256').update(id).digest('hex'));
    const taken = async (directory: string): Promise<T> => {
      await locks.run(`make ${directory}`, () => make(directory, mount, fill));
      return task(directory);
    };
    if (mount.sharing === 'locked') return locks.run(path, () => taken(path));
    if (mount.sharing !== 'private') return taken(path);
    let own = path;
    for (let n = 1; inUse.has(own); n++) own = `${path}-${n}`;
    inUse.add(own);
    try {
      return await taken(own);
    } finally {
      inUse.delete(own);
    }
  }
}

/** Mode and owner are those of whoever comes first, as in BuildKit. */
async function make(directory: string, mount: RunMount, fill: (directory: string) => Promise<void>): Promise<void> {
  if (existsSync(directory)) return;
  mkdirSync(directory, { recursive: true });
  await fill(directory);
  chownSync(directory, mount.uid ?? 0, mount.gid ?? 0);
  chmodSync(directory, mount.mode ?? 0o755);
}
