import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine, LogReader } from '#runtime/logs.contract';
import { terminatedState } from './termination-message.ts';

describe('the end of a container', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'last-words-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const startedAt = new Date('2026-01-01T00:00:00Z');
  const finishedAt = new Date('2026-01-01T00:00:05Z');
  const line = (text: string, partial = false): LogLine => ({ time: '', stream: 'stdout', partial, text: Buffer.from(text) });

  function ended(exit: { exitCode: number; oomKilled?: boolean }, more: { message?: string; policy?: string; log?: LogLine[] } = {}) {
    const messagePath = join(dir, 'message');
    if (more.message !== undefined) writeFileSync(messagePath, more.message);
    const asked: object[] = [];
    const logs: LogReader = {
      read: async function* (_path, options) {
        asked.push({ ...options });
        yield more.log ?? [];
      },
    };
    const container = {
      id: 'x',
      startedAt,
      exit: { oomKilled: false, finishedAt, ...exit },
      messagePath,
      policy: more.policy,
      logPath: 'log',
    };
    return { state: terminatedState(container, logs), asked };
  }

  it.each([
    [{ exitCode: 0 }, 'Completed'],
    [{ exitCode: 1 }, 'Error'],
    [{ exitCode: 137, oomKilled: true }, 'OOMKilled'],
  ])('with %j has reason %s', async (exit, reason) => {
    expect(await ended(exit).state).toEqual({
      exitCode: exit.exitCode,
      reason,
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:00:05Z',
      containerID: 'berth://x',
    });
  });

  // Kubernetes, "Customizing the termination message"
  const fallback = 'FallbackToLogsOnError';
  const log = [line('one'), line('two', true), line('three')];
  it.each([
    ['its own words', { exitCode: 1 }, { message: 'mine', policy: fallback, log }, 'mine'],
    ['the last 4096 bytes of them', { exitCode: 0 }, { message: `no${'x'.repeat(4096)}` }, 'x'.repeat(4096)],
    ['its log, where it has none of its own', { exitCode: 1 }, { message: '', policy: fallback, log }, 'one\ntwothree\n'],
    ['its log, where even the file is gone', { exitCode: 1 }, { policy: fallback, log }, 'one\ntwothree\n'],
    ['the last 2048 bytes of its log', { exitCode: 1 }, { policy: fallback, log: [line('x'.repeat(4000), true)] }, 'x'.repeat(2048)],
    ['nothing of its log when it succeeded', { exitCode: 0 }, { policy: fallback, log }, undefined],
    ['nothing of its log unless it is asked for', { exitCode: 1 }, { policy: 'File', log }, undefined],
  ])('tells %s', async (_what, exit, more, message) => expect((await ended(exit, more).state).message).toBe(message));

  it('reads 80 lines of the log at most', async () => {
    const { state, asked } = ended({ exitCode: 1 }, { policy: fallback, log });
    await state;
    expect(asked).toEqual([{ tailLines: 80 }]);
  });
});
