import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Code of a failed system call, such as `ENOENT`. */
export function errnoOf(err: unknown): string | undefined {
  return (err as NodeJS.ErrnoException | undefined)?.code;
}

/** `undefined` when there is no such file or directory; every other failure is thrown. */
export async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (err) {
    if (errnoOf(err) === 'ENOENT' || errnoOf(err) === 'ENOTDIR') return undefined;
    throw err;
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await unlessMissing(stat(path))) !== undefined;
}

export function readText(path: string): Promise<string | undefined> {
  return unlessMissing(readFile(path, 'utf8'));
}

export async function listDirectory(path: string): Promise<string[]> {
  return (await unlessMissing(readdir(path))) ?? [];
}

let sequence = 0;

/**
 * A small file that is there whole or not at all, also after a power cut. Its temporary name stands one folder higher: what a crash
 * leaves behind must not look like a tag.
 */
export async function putFile(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(dirname(path)), `.tmp-${process.pid}-${sequence++}`);
  const file = await open(temporary, 'w', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await commitFile(temporary, path);
}

/** True when it was there. */
export async function removeFile(path: string): Promise<boolean> {
  if (!(await exists(path))) return false;
  await rm(path, { force: true, recursive: true });
  return true;
}

/** Moves a finished file to its place and makes both the move and the folder durable. The file's own bytes must be synced already. */
export async function commitFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  const directory = await open(dirname(to), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
