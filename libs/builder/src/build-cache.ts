import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '#base';
import type { ImageBuilding } from '#runtime/building.contract';
import type { CacheRecord } from './contract.ts';
import { type CacheEntry, readEntry } from './layer-cache.ts';

/** What a builder keeps from build to build, as people look at it and clear it away. */
export class BuildCache {
  constructor(
    private readonly root: string,
    private readonly building: ImageBuilding,
  ) {}

  /** Steps whose layers are here, and directories of cache mounts; by when they were used last. */
  async list(): Promise<CacheRecord[]> {
    const found = await Promise.all([...(await this.steps()), ...(await this.mounts())]);
    return found.flatMap((record) => record ?? []).sort((a, b) => a.lastUsedAt.getTime() - b.lastUsedAt.getTime());
  }

  /** Those that `chosen` says; layers that no image has go with the next garbage collection. What a build uses meanwhile is made again. */
  async prune(chosen: (record: CacheRecord) => boolean, all: boolean): Promise<CacheRecord[]> {
    const doomed = (await this.list()).filter(chosen);
    for (const { id, type } of doomed) {
      if (type === 'regular') await rm(join(this.root, `${id}.json`), { force: true });
      else await removeTree(join(this.root, 'mounts', id));
    }
    // What a step that makes no layer has left is nothing that anybody would list.
    if (all) for (const name of await names(this.root)) if (name.endsWith('.json')) await rm(join(this.root, name), { force: true });
    return doomed;
  }

  private async steps(): Promise<Promise<CacheRecord | undefined>[]> {
    return (await names(this.root))
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => {
        const path = join(this.root, name);
        const [entry, times] = await Promise.all([readFile(path, 'utf8').catch(() => ''), stat(path).catch(() => undefined)]);
        const read: CacheEntry | undefined = readEntry(entry);
        if (!read?.layer || !times || !(await this.building.hasLayer(read.layer))) return undefined;
        const { birthtime: createdAt, mtime: lastUsedAt } = times;
        const { size } = read.layer.descriptor;
        return {
          id: name.replace('.json', ''),
          type: 'regular' as const,
          description: read.text ?? '',
          sizeBytes: size,
          createdAt,
          lastUsedAt,
        };
      });
  }

  private async mounts(): Promise<Promise<CacheRecord | undefined>[]> {
    const root = join(this.root, 'mounts');
    return (await names(root)).map(async (id) => {
      const times = await stat(join(root, id)).catch(() => undefined);
      if (!times) return undefined;
      const sizeBytes = await bytesBelow(join(root, id));
      const { birthtime: createdAt, mtime: lastUsedAt } = times;
      return { id, type: 'exec.cachemount' as const, description: 'cache mount', sizeBytes, createdAt, lastUsedAt };
    });
  }
}

async function names(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw err;
  }
}

async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
