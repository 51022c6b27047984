import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that a reader, or a machine that loses power, sees the old content or the new, never a part. Mode 0600 unless told
 * otherwise. Of several writers at a time the last one counts. On failure the old content stays, and no temporary file.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  // Beside the file: rename(2) works within one file system only.
  const temporary = `${path}.${process.pid}.${sequence++}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (err) {
    await rm(temporary, { force: true });
    throw err;
  }
  // fsync(2): the file's own does not reach the entry in its directory.
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

let sequence = 0;
