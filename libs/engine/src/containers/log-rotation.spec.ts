import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextTurn } from '#base';
import { ManualClock } from '#base/testing';
import type { LogReader } from '#runtime/logs.contract';
import { silentLogger } from '#telemetry';
import { readFile } from 'node:fs/promises';
import { logLines } from './log-lines.ts';
import { LogRotation } from './log-rotation.ts';

describe('a log that is limited', () => {
  let directory: string;
  let path: string;
  const clock = new ManualClock();
  let reopened = 0;
  const rotation = new LogRotation({ clock, logger: silentLogger, reopen: async () => void (await writeFile(path, ''), reopened++) });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'logs-'));
    path = join(directory, 'container.log');
    reopened = 0;
  });
  afterEach(async () => {
    rotation.close();
    await rm(directory, { recursive: true });
  });

  /** A line for each line of the file. */
  const logs: LogReader = {
    async *read(file, { tailLines } = {}) {
      const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
      yield lines
        .slice(tailLines === undefined ? 0 : Math.max(0, lines.length - tailLines))
        .map((text) => ({ time: '', stream: 'stdout' as const, partial: false, text: Buffer.from(text) }));
    },
  };
  const read = async (tailLines?: number): Promise<string> => {
    const found: string[] = [];
    for await (const batch of logLines(logs, path, { ...(tailLines !== undefined && { tailLines }) }))
      found.push(...batch.map(({ text }) => text.toString()));
    return found.join(' ');
  };
  const grow = async (line: string): Promise<void> => {
    const before = reopened;
    await appendFile(path, `${line}\n`);
    await clock.advance(1000);
    while (reopened === before) await nextTurn();
  };
  const settled = async (file: string): Promise<void> => {
    while (!(await readdir(directory)).includes(file)) await nextTurn();
  };

  it.each([
    { compress: false, want: ['container.log', 'container.log.1', 'container.log.2'] },
    { compress: true, want: ['container.log', 'container.log.1.gz', 'container.log.2.gz'] },
  ])('is rotated, as many files as it may have, and read as one: compressed $compress', async ({ compress, want }) => {
    await writeFile(path, '');
    rotation.begin('c', path, { maxBytes: 3, files: 3, compress });
    for (const line of ['one-', 'two-', 'three-', 'four-']) {
      await grow(line);
      await settled(want[1]!);
      while ((await readdir(directory)).some((name) => name.endsWith('.new') || (compress && name.endsWith('.1')))) await nextTurn();
    }
    await appendFile(path, '5\n');
    expect((await readdir(directory)).toSorted()).toEqual(want);
    expect([await read(), await read(2), await read(1)]).toEqual(['three- four- 5', 'four- 5', '5']);
  });
});
