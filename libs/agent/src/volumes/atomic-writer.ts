import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Payload } from './payload-plan.ts';

/**
 * Replaces all files of a volume at once, as the kubelet does: they lie in a new directory, `..data` links to it, and every top-level
 * name links into `..data`; one rename of `..data` makes the change. Readers see all old or all new files. Nothing is written when
 * nothing changed. Synchronous: the files are small, and each hop to the thread pool and back costs several times what a system call does.
 */
export function writePayload(directory: string, payload: Payload, { gid }: { gid?: number } = {}): boolean {
  const current = linkOf(join(directory, '..data'));
  if (current && existsSync(join(directory, current)) && sameFiles(join(directory, current), payload)) return false;
  const fresh = mkdtempSync(join(directory, '..data_'));
  // mkdtemp(3) makes it 0700, and containers run as anybody.
  chmodSync(fresh, 0o755);
  for (const [path, { content, mode }] of payload) {
    const file = join(fresh, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (gid !== undefined) chownSync(file, 0, gid);
    chmodSync(file, gid === undefined ? mode : mode | ((mode & 0o400) >> 3));
  }
  rmSync(join(directory, '..data_tmp'), { force: true }); // of a process that was killed right here
  symlinkSync(fresh.slice(directory.length + 1), join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
  linkNames(directory, payload);
  if (current) rmSync(join(directory, current), { recursive: true, force: true });
  return true;
}

/** undefined: there is none yet. */
function linkOf(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

function linkNames(directory: string, payload: Payload): void {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0]!));
  const present = new Set<string>();
  for (const name of readdirSync(directory)) {
    if (name.startsWith('..')) continue;
    // A directory is what a subPath was given while there was no such key.
    if (wanted.has(name) && linkOf(join(directory, name))) present.add(name);
    else rmSync(join(directory, name), { recursive: true, force: true });
  }
  for (const name of wanted) if (!present.has(name)) symlinkSync(join('..data', name), join(directory, name));
}

function sameFiles(directory: string, payload: Payload): boolean {
  const present = filesBelow(directory);
  if (present.length !== payload.size) return false;
  for (const path of present) {
    const wanted = payload.get(path);
    if (!wanted || !wanted.content.equals(readFileSync(join(directory, path)))) return false;
    if ((lstatSync(join(directory, path)).mode & 0o707) !== (wanted.mode & 0o707)) return false;
  }
  return true;
}

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}
