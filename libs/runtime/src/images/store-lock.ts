import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { startTimeOf } from '../host/index.ts';

/**
 * One process at a time: opening a store clears what another one has half-way. Held until the process ends, however it ends: what the
 * file names is a process and when that started. Throws an Error that names the other process.
 */
export async function lockStore(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // A process id is given again; with its start time it is one process for good.
  const mine = `${process.pid} ${startTimeOf(process.pid)}`;
  const written = `${path}.${process.pid}`;
  await writeFile(written, mine, { mode: 0o600 });
  try {
    while (!(await linked(written, path))) {
      const held = await readFile(path, 'utf8').catch(() => ''); // gone meanwhile: tried again
      if (held === mine) return;
      const [pid = '', startTime = ''] = held.split(' ');
      if (pid !== '' && startTimeOf(Number(pid)) === startTime)
        throw new Error(`the images in ${dirname(path)} are in use by process ${pid}`);
      await rm(path, { force: true });
    }
  } finally {
    await rm(written, { force: true });
  }
}

/** link(2): the file appears with its content, or there is one already. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw err;
  }
}
