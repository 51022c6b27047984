import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareNames, decodeName, encodeName, filePath, nameBytes } from './file-name.ts';
import { seededRandom } from './seeded-random.ts';

it.each<[bytes: number[], name: string]>([
  [[0x61], 'a'],
  [[0xc3, 0xa4], 'ä'],
  [[0xe4], '\udce4'],
  [[0x61, 0xff, 0xfe, 0xc3, 0xa4], 'a\udcff\udcfeä'],
  [[0xf0, 0x9f, 0x98, 0x80, 0x80], '😀\udc80'],
  [[0xed, 0xb2, 0x80], '\udced\udcb2\udc80'], // U+DC80 as if it were a character: no UTF-8
  [[0xc0, 0xaf], '\udcc0\udcaf'], // a slash in more bytes than it needs
  [[0xef, 0xbf, 0xbd], '�'], // the real one
  [[0xc3], '\udcc3'],
  [[], ''],
])('%j is %j, and back', (bytes, name) => {
  expect(decodeName(Buffer.from(bytes))).toBe(name);
  expect([...encodeName(name)]).toEqual(bytes);
  expect(nameBytes(name)).toBe(bytes.length);
});

it('is one string for each name, and each gets its bytes back', () => {
  const random = seededRandom(1);
  for (let round = 0; round < 2_000; round++) {
    const bytes = random.bytes(round % 12);
    expect(encodeName(decodeName(bytes)).equals(bytes)).toBe(true);
    expect(encodeName(JSON.parse(JSON.stringify(decodeName(bytes))) as string).equals(bytes)).toBe(true);
  }
});

it('orders by bytes', () => {
  const names = ['\udcff', 'b', 'ä', '😀', 'a', '\uffee'];
  expect(names.toSorted(compareNames)).toEqual(['a', 'b', 'ä', '\uffee', '😀', '\udcff']);
});

it('makes the files that it names', () => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-names-'));
  for (const name of ['plain', 'ä', '\udce4', '\udcff\udcfe']) writeFileSync(filePath(join(directory, name)), name);
  const found = readdirSync(directory, { encoding: 'buffer' }).map(decodeName);
  expect(found.toSorted(compareNames)).toEqual(['plain', 'ä', '\udce4', '\udcff\udcfe']);
  rmSync(directory, { recursive: true });
});
