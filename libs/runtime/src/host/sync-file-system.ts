import { open } from 'node:fs/promises';
import { calls, checkedAsync } from './libc.ts';

/** syncfs(2): what has been written to the file system that holds `path` is on disk. May take seconds; runs off the event loop. */
export async function syncFileSystem(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await checkedAsync(calls.syncfs, [directory.fd], 'syncfs', path);
  } finally {
    await directory.close();
  }
}
