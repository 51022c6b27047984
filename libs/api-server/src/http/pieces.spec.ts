import { expect, it } from '@jest/globals';
import { pieces } from './serve-chain.ts';

const KiB = 1024;

it.each([
  ['many small parts', Array.from({ length: 1000 }, (_, i) => Buffer.alloc(700, i))],
  ['one long part', [Buffer.alloc(1000 * KiB, 1)]],
  [
    'long parts between small ones',
    [Buffer.from('['), Buffer.alloc(300 * KiB, 1), Buffer.from(','), Buffer.alloc(64 * KiB, 2), Buffer.from(']')],
  ],
  ['nothing', []],
])('the pieces of %s are no longer than 64 KiB and hold the same bytes', (_, parts) => {
  const all = [...pieces(parts)];
  expect(Buffer.concat(all).equals(Buffer.concat(parts))).toBe(true);
  expect(all.filter(({ length }) => length === 0 || length > 64 * KiB)).toEqual([]);
});

it('a long part is not copied: a thousand readers of it hold it once', () => {
  const part = Buffer.alloc(1000 * KiB);
  expect([...pieces([Buffer.from('['), part])].slice(1).every(({ buffer }) => buffer === part.buffer)).toBe(true);
});
