import { lstatSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '#base';
import { archive } from '../testing/archives.ts';
import { unpackInto } from './unpack-into.ts';
import { defaultLimits, UnpackMeter } from './unpack-limits.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-sparse-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function unpack(tar: Buffer, pieceBytes = 10_000): Promise<string> {
  const target = await mkdtemp(join(directory, 'target-'));
  const pieces = (async function* () {
    for (let at = 0; at < tar.length; at += pieceBytes) yield tar.subarray(at, at + pieceBytes);
  })();
  await unpackInto(target, pieces, new UnpackMeter(defaultLimits));
  return target;
}

/** Of pieces of content between holes; `end` behind the last one. */
async function sparseFile(path: string, pieces: readonly [at: number, text: string][], end: number): Promise<void> {
  const file = await open(path, 'w');
  for (const [at, text] of pieces) await file.write(text, at);
  await file.truncate(end);
  await file.close();
}

const formats = [
  ['--format=gnu'],
  ['--format=posix', '--sparse-version=0.0'],
  ['--format=posix', '--sparse-version=0.1'],
  ['--format=posix', '--sparse-version=1.0'],
];

it.each(formats)('GNU tar writes files with holes, which stay holes: %s %s', async (...options) => {
  const source = join(directory, 'source');
  await mkdir(source);
  const many = Array.from({ length: 60 }, (_, i): [number, string] => [i * 65_536 + 4096, `piece ${i}`]);
  await sparseFile(join(source, 'a-many'), many, 60 * 65_536 + 5);
  await sparseFile(join(source, 'b-begins-with-content'), [[0, 'x'.repeat(4096)]], 10_000_000);
  await sparseFile(join(source, 'c-ends-with-content'), [[1_000_000, 'end']], 1_000_003);
  await sparseFile(join(source, 'd-nothing-but-a-hole'), [], 1_000_000);
  await sparseFile(join(source, `e-${'long'.repeat(40)}`), [[500_000, 'here']], 1_000_000);
  await sparseFile(join(source, 'f-plain'), [[0, 'plain']], 5);
  const file = join(directory, 'source.tar');
  await mustRun(['tar', '--sparse', ...options, '-C', source, '-cf', file, '.']);
  const tar = await readFile(file);
  for (const pieceBytes of [700, 1_000_000]) {
    const target = await unpack(tar, pieceBytes);
    await mustRun(['diff', '-r', source, target]);
    expect(lstatSync(join(target, 'd-nothing-but-a-hole')).blocks).toBe(0);
    expect(lstatSync(join(target, 'a-many')).blocks).toBeLessThan(2 * 60 * 8);
  }
});

const pax = (records: Record<string, string>): Buffer => {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const length = rest.length + 2;
    return `${length}${rest}`;
  });
  const tar = archive([{ path: 'x', content: body.join('') }]).subarray(0, -1024);
  tar[156] = 'x'.charCodeAt(0);
  tar.write('        ', 148, 'latin1');
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return tar;
};

it.each<[what: string, records: Record<string, string>]>([
  ['overlapping segments', { 'GNU.sparse.size': '90', 'GNU.sparse.map': '0,3,2,2' }],
  ['more content than the map says', { 'GNU.sparse.size': '90', 'GNU.sparse.map': '0,3' }],
  ['less content than the map says', { 'GNU.sparse.size': '90', 'GNU.sparse.map': '0,30' }],
  ['a segment behind the end', { 'GNU.sparse.size': '4', 'GNU.sparse.map': '0,5' }],
  ['half a segment', { 'GNU.sparse.size': '9', 'GNU.sparse.map': '0,3,2' }],
  ['no numbers', { 'GNU.sparse.size': '9', 'GNU.sparse.map': 'a,b' }],
])('%s is a bad image', async (_what, records) => {
  await expect(unpack(Buffer.concat([pax(records), archive([{ path: 'f', content: '12345' }])]))).rejects.toMatchObject({
    code: 'bad-image',
  });
});

it('the size that a file claims counts, holes included', async () => {
  const claims = pax({ 'GNU.sparse.size': '9'.repeat(14), 'GNU.sparse.map': '0,5' });
  await expect(unpack(Buffer.concat([claims, archive([{ path: 'f', content: '12345' }])]))).rejects.toThrow('it unpacks to more than');
});
