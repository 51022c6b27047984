import { constants, type Stats } from 'node:fs';
import { chmod, chown, type FileHandle, lchown, open, opendir } from 'node:fs/promises';

const SETGID = 0o2000;
const O_PATH = 0o10000000;
/** Each level of directories is held open while it is gone through. */
const MAX_DEPTH = 500;

/**
 * Gives all files of a volume to a group that may read and write them, and what is made in it from then on. With `OnRootMismatch` only where
 * the top does not show that it has been done. Kubernetes, "Configure volume permission and ownership change policy for Pods"; KEP-695.
 * Other pods may be at work in the volume: what they put a link in the place of is not followed.
 */
export async function giveToGroup(directory: string, gid: number, policy: string | undefined): Promise<void> {
  const top = await open(directory, constants.O_DIRECTORY);
  try {
    const place = `/proc/self/fd/${top.fd}`;
    const found = await top.stat();
    if (policy === 'OnRootMismatch' && isGiven(found, gid)) return;
    // The top comes last: it is the sign that all below it has been done.
    await giveBelow(place, gid, 1);
    await give(place, found, gid);
  } finally {
    await top.close();
  }
}

const modeFor = (found: Stats): number => (found.isDirectory() ? 0o770 | SETGID : 0o660);

const isGiven = (found: Stats, gid: number): boolean => found.gid === gid && (found.mode & modeFor(found)) === modeFor(found);

async function giveBelow(directory: string, gid: number, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) throw new Error(`the volume has directories more than ${MAX_DEPTH} deep`);
  for await (const { name } of await opendir(directory)) await giveEntry(`${directory}/${name}`, gid, depth);
}

async function giveEntry(path: string, gid: number, depth: number): Promise<void> {
  const entry = await openEntry(path, O_PATH);
  if (!entry) return;
  try {
    const found = await entry.stat();
    if (found.isSymbolicLink()) return await lchown(path, found.uid, gid); // it has no mode of its own
    const place = `/proc/self/fd/${entry.fd}`;
    if (found.isDirectory()) await giveBelow(`${place}/.`, gid, depth + 1);
    await give(place, found, gid);
  } finally {
    await entry.close();
  }
}

async function give(place: string, found: Stats, gid: number): Promise<void> {
  if (isGiven(found, gid)) return;
  // Through what is held open: chown(2) takes set-id bits away, so the mode comes after it.
  await chown(place, found.uid, gid);
  await chmod(place, (found.mode & 0o7777) | modeFor(found));
}

/** undefined: it is gone meanwhile. */
async function openEntry(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags | constants.O_NOFOLLOW);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
    return undefined;
  }
}
