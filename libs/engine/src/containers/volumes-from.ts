import { badParameter } from '../errors.ts';
import type { ContainerBook } from './container-book.ts';
import type { MountPoint } from './record.ts';

/** `--volumes-from`: what other containers have mounted, of theirs for good. Throws 400. */
export function volumesFrom(references: readonly string[], book: Pick<ContainerBook, 'find'>): MountPoint[] {
  const byDestination = new Map<string, MountPoint>();
  for (const reference of references) {
    const [name = '', mode = ''] = reference.split(':', 2);
    if (name === '') throw badParameter(`invalid volumes-from specification: ${reference}`);
    if (!/^(|r[ow]|[zZ]|r[ow],[zZ])$/.test(mode)) throw badParameter(`invalid mode: ${mode}`);
    for (const { anonymous: _theirs, ...mount } of recordOf(name, book).mounts) {
      if (mount.Type !== 'tmpfs') byDestination.set(mount.Destination, { ...mount, Mode: mode, RW: mount.RW && !mode.startsWith('ro') });
    }
  }
  return [...byDestination.values()];
}

function recordOf(name: string, book: Pick<ContainerBook, 'find'>) {
  try {
    return book.find(name);
  } catch (err) {
    // A client would take 404 for an image that is not there.
    throw badParameter((err as Error).message);
  }
}
