import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTimeOf } from '../host/index.ts';
import { lockStore } from './store-lock.ts';

describe('the lock of a store', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'berth-lock-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is one process’s, and free again when that has ended', async () => {
    const path = join(directory, 'lock');
    const other = spawn('sleep', ['60']);
    const pid = other.pid!;
    await writeFile(path, `${pid} ${startTimeOf(pid)}`);
    await expect(lockStore(path)).rejects.toThrow(`are in use by process ${pid}`);
    other.kill();
    await once(other, 'exit');
    await lockStore(path);
    await lockStore(path);
    expect(await readFile(path, 'utf8')).toBe(`${process.pid} ${startTimeOf(process.pid)}`);
    expect(await readdir(directory)).toEqual(['lock']);
  });

  it('of a process whose number another one has now is free', async () => {
    await writeFile(join(directory, 'lock'), '1 0');
    await lockStore(join(directory, 'lock'));
  });
});
