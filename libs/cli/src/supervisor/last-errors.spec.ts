import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastErrors } from './last-errors.ts';

describe('lastErrors', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'last-errors-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const since = new Date('2026-01-01T00:00:00Z');
  const record = (level: string, second: number, msg: string, cause?: string): string =>
    `${JSON.stringify({ level, time: `2026-01-01T00:00:0${second}Z`, ...(cause && { err: { message: cause } }), msg })}\n`;

  it('names the file, what failed and why: the last error of each log', async () => {
    const path = join(folder, 'supervisor.log');
    await writeFile(
      path,
      record('error', 1, 'first') + record('error', 2, 'node cannot be set up', 'unshare: exit 1') + record('info', 3, 'stopping'),
    );
    expect(await lastErrors([path], since)).toEqual([`${path}: node cannot be set up: unshare: exit 1`]);
  });

  it('passes over old errors, other output and logs that are not there', async () => {
    const path = join(folder, 'redis.log');
    await writeFile(path, `1:M Ready to accept connections\n{broken}\n${record('error', 1, 'of an earlier run')}`);
    expect(await lastErrors([path, join(folder, 'none.log')], new Date('2026-01-01T00:00:02Z'))).toEqual([]);
  });

  it('reads the end of a long log', async () => {
    const path = join(folder, 'long.log');
    await writeFile(path, record('info', 1, 'x'.repeat(1000)).repeat(200) + record('error', 2, 'the disk is full'));
    expect(await lastErrors([path], since)).toEqual([`${path}: the disk is full`]);
  });
});
