import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';

/**
 * State beside what it describes. Written whole or not at all, but not synced: what it tells of (processes, mounts) does not outlive
 * the kernel either, and a sync per container start would cost more than the start. These files are small, and each hop to the thread
 * pool and back costs several times what the system call does.
 */
export function writeState(path: string, state: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** undefined: there is none, or only the torn rest of one. */
export function readState<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (err) {
    if (err instanceof SyntaxError || isAbsent(err)) return undefined;
    throw err;
  }
}

/** None where there is no such directory. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (err) {
    if (isAbsent(err)) return [];
    throw err;
  }
}

/** undefined where there is no such file. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (err) {
    if (isAbsent(err)) return undefined;
    throw err;
  }
}

/** Nothing is there, or something on the way to it is no directory. */
export const isAbsent = (err: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((err as NodeJS.ErrnoException).code ?? '');
