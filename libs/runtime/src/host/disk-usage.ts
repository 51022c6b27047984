import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeName, filePath } from '#base';

/** What a file or directory takes on disk, like du(1): allocated blocks, hard links once. Nothing where nothing is. */
export async function diskUsage(path: string): Promise<{ bytes: number; inodes: number }> {
  const total = { bytes: 0, inodes: 0 };
  await measure(path, total);
  return total;
}

async function measure(path: string, total: { bytes: number; inodes: number }, seen = new Set<bigint | number>()): Promise<void> {
  const found = await lstat(filePath(path)).catch((err: unknown) => {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // deleted meanwhile
    throw err;
  });
  if (!found || seen.has(found.ino)) return;
  seen.add(found.ino);
  total.bytes += found.blocks * 512;
  total.inodes++;
  if (!found.isDirectory()) return;
  // As bytes: what lies in a directory whose name is no UTF-8 counts as well.
  for await (const entry of await opendir(filePath(path), { encoding: 'buffer' as BufferEncoding })) {
    await measure(join(path, decodeName(entry.name as unknown as Buffer)), total, seen);
  }
}
