import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { LogOptions } from '../logs.contract.ts';
import { parseLine, readLog, tailOffset } from './log-file.ts';

const line = (text: string, { stream = 'stdout', tag = 'F', second = 0 } = {}): string =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000+00:00 ${stream} ${tag} ${text}\n`;

describe('logs', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'log-'));
    path = join(dir, '0.log');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const read = async (options: LogOptions = {}): Promise<string[]> => {
    const texts: string[] = [];
    for await (const lines of readLog(path, options)) texts.push(...lines.map((l) => l.text.toString()));
    return texts;
  };

  it.each([
    ['2026 stdout F hello world', { time: '2026', stream: 'stdout', partial: false, text: 'hello world' }],
    ['2026 stderr P part', { time: '2026', stream: 'stderr', partial: true, text: 'part' }],
    ['2026 stdout F ', { time: '2026', stream: 'stdout', partial: false, text: '' }],
    ['2026 stdout F', { time: '2026', stream: 'stdout', partial: false, text: '' }],
  ])('have lines such as %p', (text, want) => {
    const parsed = parseLine(Buffer.from(text))!;
    expect({ ...parsed, text: parsed.text.toString() }).toEqual(want);
  });

  it.each(['', 'x', '2026 other F x'])('have no line %p', (text) => expect(parseLine(Buffer.from(text))).toBeUndefined());

  it('are read whole, from a line, from a time; what is not there is empty', async () => {
    expect(await read()).toEqual([]);
    writeFileSync(path, [0, 1, 2, 3].map((n) => line(`l${n}`, { second: n })).join(''));
    expect(await read()).toEqual(['l0', 'l1', 'l2', 'l3']);
    expect(await read({ tailLines: 2 })).toEqual(['l2', 'l3']);
    expect(await read({ tailLines: 0 })).toEqual([]);
    expect(await read({ tailLines: 99 })).toEqual(['l0', 'l1', 'l2', 'l3']);
    expect(await read({ sinceTime: new Date('2026-01-01T00:00:02Z') })).toEqual(['l2', 'l3']);
  });

  it('are read of one stream', async () => {
    writeFileSync(path, line('out') + line('err', { stream: 'stderr' }) + line('more'));
    expect(await read({ stream: 'stderr' })).toEqual(['err']);
    expect(await read({ stream: 'stdout' })).toEqual(['out', 'more']);
  });

  it('are followed, through rotation, to the end of the container', async () => {
    const ended = Promise.withResolvers<void>();
    const texts: string[] = [];
    writeFileSync(path, line('one'));
    for await (const lines of readLog(path, { follow: true, ended: ended.promise })) {
      for (const { text } of lines) texts.push(text.toString());
      if (texts.at(-1) === 'one') appendFileSync(path, line('two'));
      else if (texts.at(-1) === 'two') {
        appendFileSync(path, line('three'));
        renameSync(path, `${path}.1`);
        writeFileSync(path, line('four'));
      } else if (texts.at(-1) === 'four') {
        appendFileSync(path, line('five'));
        ended.resolve();
      }
    }
    expect(texts).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('are waited for until they appear', async () => {
    const ended = Promise.withResolvers<void>();
    const following = read({ follow: true, ended: ended.promise });
    writeFileSync(path, line('first'));
    ended.resolve();
    expect(await following).toEqual(['first']);
  });

  it('stop when the reader goes away', async () => {
    const leaving = new AbortController();
    writeFileSync(path, line('one'));
    for await (const lines of readLog(path, { follow: true, signal: leaving.signal })) if (lines.length > 0) leaving.abort();
  });

  it('give the last lines, wherever blocks end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 50 }),
        async (lengths, wanted) => {
          const lines = lengths.map((length) => `${'x'.repeat(length)}\n`);
          writeFileSync(path, lines.join(''));
          const file = await open(path);
          try {
            const total = lines.join('').length;
            expect(await tailOffset(file, total, wanted)).toBe(total - lines.slice(Math.max(0, lines.length - wanted)).join('').length);
          } finally {
            await file.close();
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
