import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeName, filePath, runCommand } from '#base';
import type { DiskUsage } from '../volumes.contract.ts';

/** What a file or directory takes on disk, like du(1): allocated blocks, hard links once. Nothing where nothing is. */
export async function diskUsage(path: string): Promise<DiskUsage> {
  const total = { bytes: 0, inodes: 0 };
  try {
    await measure(path, total);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw err;
    return askDu(path);
  }
  return total;
}

async function measure(path: string, total: DiskUsage, seen = new Set<bigint | number>()): Promise<void> {
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

/** By POSIX du(1) descends to any depth. It fails where something goes meanwhile, but tells what it counted. */
async function askDu(path: string): Promise<DiskUsage> {
  const ask = async (unit: string): Promise<number> => {
    const command = ['du', '--summarize', unit, '--', path] as const;
    const { stdout, stderr } = await runCommand(command);
    const [count] = stdout.split('\t');
    if (!count) throw new Error(`${command.join(' ')}: ${stderr.trim()}`);
    return Number(count);
  };
  return { bytes: await ask('--block-size=1'), inodes: await ask('--inodes') };
}
