import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container } from '#runtime/containers.contract';
import { silentLogger } from '#telemetry';
import { type Look, lookAtLogs } from './log-rotation.ts';

describe('log rotation', () => {
  let dir: string;
  let logPath: string;
  let reopened: string[];
  let last: Look;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'log-rotation-'));
    logPath = join(dir, '0.log');
    reopened = [];
    last = { sizes: new Map(), waitMs: 0 };
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const look = async (state: Container['state'] = 'running'): Promise<number> => {
    const container: Container = {
      id: 'c',
      sandboxId: 'p',
      name: 'c',
      labels: {},
      imageId: `sha256:${'0'.repeat(64)}`,
      state,
      createdAt: new Date(0),
      logPath,
    };
    const runtime = { list: async () => [container], reopenLog: async (id: string) => void reopened.push(id) };
    last = await lookAtLogs({ runtime, logger: silentLogger, limits: { maxBytes: 1000, maxFiles: 3 } }, last);
    return last.waitMs;
  };
  const write = (letter: string, bytes: number): void => writeFileSync(logPath, letter.repeat(bytes));
  const files = (): Record<string, string> =>
    Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8').slice(0, 1)]));

  it.each([
    { name: 'of a container that has not written yet', bytes: 0, state: 'running' as const },
    { name: 'that has half of its limit at once', bytes: 500, state: 'running' as const },
    { name: 'of a container that has ended', bytes: 1001, state: 'exited' as const },
  ])('leaves a log alone $name', async ({ bytes, state }) => {
    if (bytes > 0) write('a', bytes);
    await look(state);
    expect({ files: files(), reopened }).toEqual({ files: bytes > 0 ? { '0.log': 'a' } : {}, reopened: [] });
  });

  it('takes a log away that is beyond it, and keeps as many files as it should', async () => {
    for (const letter of ['a', 'b', 'c']) {
      write(letter, 1001);
      await look();
    }
    expect({ files: files(), reopened }).toEqual({ files: { '0.log.1': 'c', '0.log.2': 'b' }, reopened: ['c', 'c', 'c'] });
  });

  it('looks four times a second, and sooner while a log fills fast', async () => {
    write('a', 500);
    expect(await look()).toBe(20);
    write('a', 550);
    expect(await look()).toBe(250);
  });

  it('lets a log that fills slowly come up to its limit, and takes away sooner what will be beyond it at the next look', async () => {
    for (const bytes of [300, 400, 500, 600, 700, 800, 900, 1000]) {
      write('a', bytes);
      await look();
    }
    expect(reopened).toEqual([]);
    write('b', 200);
    await look();
    write('b', 650);
    await look();
    expect(reopened).toEqual(['c']);
  });
});
