import { readdir, readFile, rename, writeFile } from 'node:fs/promises';

/**
 * State beside what it describes. Written whole or not at all, but not synced: what it tells of (processes, mounts) does not outlive
 * the kernel either, and a sync per container start would cost more than the start.
 */
export async function writeState(path: string, state: unknown): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** undefined: there is none, or only the torn rest of one. */
export async function readState<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (err) {
    if (err instanceof SyntaxError || isAbsent(err)) return undefined;
    throw err;
  }
}

export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (err) {
    if (isAbsent(err)) return [];
    throw err;
  }
}

export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (err) {
    if (isAbsent(err)) return undefined;
    throw err;
  }
}

export const isAbsent = (err: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((err as NodeJS.ErrnoException).code ?? '');
