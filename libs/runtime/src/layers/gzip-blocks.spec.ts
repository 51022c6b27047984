import { gunzipSync } from 'node:zlib';
import { systemRandom } from '#base';
import { gzipBlocks } from './gzip-blocks.ts';

const megabyte = 1024 * 1024;
const text = (bytes: number): Buffer => Buffer.alloc(bytes, 'the same text over and over ');

async function packed(chunks: readonly Buffer[]): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const chunk of gzipBlocks(chunks as unknown as AsyncIterable<Buffer>)) found.push(chunk);
  return Buffer.concat(found);
}

const cut = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_none, i) => bytes.subarray(i * size, (i + 1) * size));

describe('one gzip stream of blocks', () => {
  it.each<[string, Buffer, number]>([
    ['nothing', Buffer.alloc(0), 64],
    ['one byte', Buffer.from('x'), 64],
    ['one block exactly', text(megabyte), 10_000],
    ['one byte more than a block', text(megabyte + 1), megabyte + 1],
    ['text of many blocks', text(12 * megabyte + 77), 300_000],
    ['what does not get smaller', systemRandom.bytes(3 * megabyte), megabyte / 2],
    ['both', Buffer.concat([systemRandom.bytes(2 * megabyte), text(2 * megabyte), systemRandom.bytes(100)]), 5 * megabyte],
  ])('%s unpacks to the same, however it came', async (_what, bytes, size) => {
    const whole = await packed([bytes]);
    expect(gunzipSync(whole).equals(bytes)).toBe(true);
    expect((await packed(cut(bytes, size))).equals(whole)).toBe(true);
  });

  it('is hardly longer than what it packs, or much shorter', async () => {
    expect((await packed([systemRandom.bytes(4 * megabyte)])).length).toBeLessThan(4 * megabyte * 1.001);
    const mixed = Buffer.concat(Array.from({ length: 40 }, () => Buffer.concat([systemRandom.bytes(50_000), text(50_000)])));
    expect((await packed([mixed])).length).toBeLessThan(mixed.length * 0.55);
    expect((await packed([text(4 * megabyte)])).length).toBeLessThan(4 * megabyte * 0.01);
  });

  it('fails as its source does', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield text(3 * megabyte);
      throw new Error('the disk is gone');
    };
    await expect(packed(broken() as unknown as Buffer[])).rejects.toThrow('the disk is gone');
  });
});
