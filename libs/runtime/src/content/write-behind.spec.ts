import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '#base/testing';
import { WriteBehind } from './write-behind.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-write-behind-'));
});
afterAll(() => rm(directory, { recursive: true }));

it.each([
  ['small and large pieces', [1, 100, 70_000, 3_000_000, 5, 1_048_576, 20]],
  ['nothing', []],
  ['an empty piece', [0, 3]],
])('%s are in the file, in their order, from a position on', async (_what, sizes) => {
  const path = join(directory, 'file');
  const pieces = sizes.map((bytes, i) => seededRandom(i).bytes(bytes));
  const file = await open(path, 'w+');
  await file.write('start');
  const behind = new WriteBehind(file, 5);
  for (const piece of pieces) await behind.write(piece);
  await behind.drain();
  await file.close();
  expect((await readFile(path)).equals(Buffer.concat([Buffer.from('start'), ...pieces]))).toBe(true);
});

it('a write that fails is told by a later call', async () => {
  const file = await open('/dev/full', 'w');
  const behind = new WriteBehind(file);
  await behind.write(Buffer.alloc(2_000_000));
  await expect(behind.drain()).rejects.toMatchObject({ code: 'ENOSPC' });
  await file.close();
});
