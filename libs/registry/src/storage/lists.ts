import type { BlobDigest } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { isBlobDigest } from '../names.ts';
import { layout } from './layout.ts';

/** Names of the repositories at this name and below it that have anything, sorted; '' is all of them. */
export async function repositoriesUnder(driver: StorageDriver, root = ''): Promise<string[]> {
  const found: string[] = [];
  const visit = async (name: string): Promise<void> => {
    const entries = await driver.list(name ? layout.repository(name) : layout.repositories);
    if (name && entries.some((entry) => entry.name === '_manifests' || entry.name === '_layers')) found.push(name);
    for (const entry of entries) {
      if (entry.isFolder && !entry.name.startsWith('_')) await visit(name ? `${name}/${entry.name}` : entry.name);
    }
  };
  await visit(root);
  return found.sort();
}

/** Digests that are files of `<root>/<algorithm>/`, sorted. */
export async function digestsUnder(driver: StorageDriver, root: string): Promise<BlobDigest[]> {
  const found: BlobDigest[] = [];
  for (const { name: algorithm } of await driver.list(root)) {
    for (const { name: hex } of await driver.list(`${root}/${algorithm}`)) {
      const digest = `${algorithm}:${hex}`;
      if (isBlobDigest(digest)) found.push(digest);
    }
  }
  return found.sort();
}
