import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { seededRandom } from '#base/testing';
import { decompress } from './decompress.ts';

const skippable = (bytes: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a5e);
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
};
const checksummed = (bytes: Buffer): Buffer => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const strong = (bytes: Buffer): Buffer => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });

async function unpacked(packed: Buffer, pieceBytes: number): Promise<Buffer> {
  const pieces = (async function* () {
    for (let at = 0; at < packed.length; at += pieceBytes) yield packed.subarray(at, at + pieceBytes);
  })();
  const out: Buffer[] = [];
  for await (const chunk of decompress(pieces)) out.push(chunk);
  return Buffer.concat(out);
}

const random = seededRandom(7);
/** Of which zstd makes raw, repeated and compressed blocks. */
const contents = [0, 1, 3, 1000, 200_000, 700_000].flatMap((bytes) => [Buffer.alloc(bytes, 'text '), random.bytes(bytes)]);

it('frames and members one after the other are one stream, in pieces of any size', async () => {
  const content = fc.constantFrom(...contents);
  const frames = fc.array(fc.tuple(content, fc.constantFrom(zstdCompressSync, checksummed, strong, skippable)), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(frames, fc.constantFrom(1000, 65_537, 1_000_000, 100_000_000), async (parts, pieceBytes) => {
      const want = Buffer.concat(parts.map(([bytes, pack]) => (pack === skippable ? Buffer.alloc(0) : bytes)));
      expect((await unpacked(Buffer.concat(parts.map(([bytes, pack]) => pack(bytes))), pieceBytes)).equals(want)).toBe(true);
      const members = Buffer.concat(parts.map(([bytes]) => gzipSync(bytes, { level: 1 })));
      expect((await unpacked(members, pieceBytes)).equals(Buffer.concat(parts.map(([bytes]) => bytes)))).toBe(true);
    }),
    { numRuns: 10 },
  );
});

it('a byte at a time', async () => {
  const parts = [skippable(Buffer.from('table')), checksummed(Buffer.alloc(300, 'a')), zstdCompressSync(Buffer.from('b'))];
  expect((await unpacked(Buffer.concat(parts), 1)).toString()).toBe(`${'a'.repeat(300)}b`);
});

it.each([
  ['what follows is no frame', Buffer.concat([zstdCompressSync(Buffer.from('x')), Buffer.from('garbage')])],
  ['a frame with a wrong sum', Buffer.concat([checksummed(Buffer.from('x')).subarray(0, -4), Buffer.from('none')])],
])('%s: it is broken', async (_what, packed) => {
  await expect(unpacked(packed, 1000)).rejects.toMatchObject({ code: 'bad-image' });
});
