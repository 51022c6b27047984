import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import type { Random } from '#base';
import { createSigningKey, type TokenKeys, tokenKeys } from '#pki';

/**
 * The key that tokens are signed with, made where there is none. Of several processes that start at once, one makes it: what is linked to
 * its place is whole.
 */
export async function openTokenKey(path: string, random: Random): Promise<TokenKeys> {
  const found = await readIfThere(path);
  if (found !== undefined) return tokenKeys(found);
  const temporary = `${path}.${random.uuid()}`;
  await writeFile(temporary, createSigningKey(), { mode: 0o600, flush: true });
  try {
    await link(temporary, path);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
  } finally {
    await unlink(temporary);
  }
  return tokenKeys(await readFile(path, 'utf8'));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}
