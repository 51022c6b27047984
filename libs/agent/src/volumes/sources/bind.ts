import { lstatSync } from 'node:fs';
import { rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostNode } from '../volume-plugin.ts';

/** Binds a path of the node to a volume's place. Links of /proc are not followed: they lead out of what the node sees. */
export function bindPath(path: string, directory: string, { mounts }: HostNode): void {
  mounts.bindWithin('/', path, directory);
}

/** Takes away what is mounted at and below a place, and the place. What is inside of a mount stays: a place that is not empty is an error. */
export async function unbind(directory: string, { mounts }: HostNode): Promise<void> {
  for (const mount of mounts.mountsBelow(directory)) await mounts.unmount(mount);
  await removePlace(directory);
}

/** Never a tree: were it mounted after all, that would be somebody's data. */
async function removePlace(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found) await (found.isDirectory() ? rmdir(path) : unlink(path));
}

/** Takes directories away that hold nothing, from here up to those in `top`, which stay: drivers look for them. */
export async function removePlaces(directory: string, top: string): Promise<void> {
  for (let place = directory; dirname(place).startsWith(`${top}/`); place = dirname(place)) {
    try {
      await rmdir(place);
    } catch (err) {
      const { code } = err as NodeJS.ErrnoException;
      if (code === 'ENOTEMPTY') return;
      if (code !== 'ENOENT') throw err;
    }
  }
}
