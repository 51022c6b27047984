import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Payload } from './payload-plan.ts';

/**
 * Replaces all files of a volume at once, as the kubelet does: they lie in a new directory, `..data` links to it, and every top-level
 * name links into `..data`; one rename of `..data` makes the change. Readers see all old or all new files. Nothing is written when
 * nothing changed.
 */
export async function writePayload(directory: string, payload: Payload, { gid }: { gid?: number } = {}): Promise<boolean> {
  const current = await readlink(join(directory, '..data')).catch(() => undefined);
  if (current && (await sameFiles(join(directory, current), payload))) return false;
  const fresh = await mkdtemp(join(directory, '..data_'));
  await chmod(fresh, 0o755);
  for (const [path, { content, mode }] of payload) {
    const file = join(fresh, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    if (gid !== undefined) await chown(file, 0, gid);
    await chmod(file, gid === undefined ? mode : mode | ((mode & 0o400) >> 3));
  }
  await symlink(fresh.slice(directory.length + 1), join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  await linkNames(directory, payload);
  if (current) await rm(join(directory, current), { recursive: true, force: true });
  return true;
}

async function linkNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0]!));
  const present = new Set((await readdir(directory)).filter((name) => !name.startsWith('..')));
  for (const name of wanted) if (!present.has(name)) await symlink(join('..data', name), join(directory, name));
  for (const name of present) if (!wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true });
}

async function sameFiles(directory: string, payload: Payload): Promise<boolean> {
  const present = await filesBelow(directory);
  if (present.length !== payload.size) return false;
  for (const path of present) {
    const wanted = payload.get(path);
    if (!wanted || !wanted.content.equals(await readFile(join(directory, path)))) return false;
    if (((await lstat(join(directory, path))).mode & 0o707) !== (wanted.mode & 0o707)) return false;
  }
  return true;
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}
