import { rm } from 'node:fs/promises';
import { mustRun } from './run-command.ts';

/**
 * Removes a file or directory with all that is in it, nothing where nothing is. For trees that somebody else filled, as a container its
 * volumes: directories there may lie deeper than a path can be long, which `rm` copes with by POSIX, and Node does not.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw err;
    await mustRun(['rm', '-rf', '--one-file-system', '--', path]);
  }
}
