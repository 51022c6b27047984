import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareNames, decodeName, encodeName, filePath, mustRun } from '#base';
import { diskUsage, lgetxattr, llistxattr, lsetxattr } from '../host/index.ts';
import { archive, type EntrySpec } from '../testing/archives.ts';
import { diffArchive } from './diff-archive.ts';
import { unpackInto } from './unpack-into.ts';
import { defaultLimits, UnpackMeter } from './unpack-limits.ts';

/** Names of files are bytes: on the way from an archive to a directory and back each stays what it is. */
let directory: string;
let target: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-names-'));
  target = join(directory, 'layer');
  await mkdir(target);
});
afterEach(() => rm(directory, { recursive: true }));

const unpack = (tar: Buffer, into = target): ReturnType<typeof unpackInto> =>
  unpackInto(
    into,
    (async function* () {
      yield tar;
    })(),
    new UnpackMeter(defaultLimits),
  );

async function diff(of: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of diffArchive(of, { timestampSeconds: 0 })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const names = (at: string): string[] => readdirSync(filePath(at), { encoding: 'buffer' }).map(decodeName).sort(compareNames);

/** Two names that are the same once what is no UTF-8 has been replaced, and more that decoders stumble over. */
const awkward = [
  '\udcff',
  '\udcfe',
  '\udcc3',
  'ä\udce4ä',
  '\udced\udca0\udc80',
  '\udcc0\udcaf',
  '�',
  'new\nline',
  ' ',
  '\udcff'.repeat(255),
];

/** The same bytes where ustar has them, and GNU's long form. */
function raw(name: Buffer, link = Buffer.alloc(0)): Buffer {
  const header = archive([{ path: 'x', ...(link.length > 0 && { type: 'hardlink' as const, linkPath: 'y' }) }]).subarray(0, 512);
  name.copy(header, 0);
  link.copy(header, 157);
  return summed(header);
}

function gnuLong(flag: 'L' | 'K', text: Buffer): Buffer {
  const header = archive([{ path: 'x' }]).subarray(0, 512);
  header.write(text.length.toString(8).padStart(11, '0'), 124, 'latin1');
  header.write(flag, 156, 'latin1');
  return Buffer.concat([summed(header), text, Buffer.alloc((512 - (text.length % 512)) % 512)]);
}

function summed(header: Buffer): Buffer {
  header.write('        ', 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

it('unpacks every name as the bytes that it is', async () => {
  await unpack(archive(awkward.map((path) => ({ path, content: path }))));
  expect(names(target)).toEqual(awkward.toSorted(compareNames));
  for (const name of awkward) expect(readFileSync(filePath(join(target, name)), 'utf8')).toBe(Buffer.from(name).toString());
});

it('takes bytes from ustar, from pax and from the long names of GNU', async () => {
  const long = Buffer.concat([Buffer.from([0xe4]), Buffer.alloc(150, 'l')]);
  const end = Buffer.alloc(1024);
  await unpack(
    Buffer.concat([
      raw(Buffer.from([0xe4])),
      raw(Buffer.from([0xf6]), Buffer.from([0xe4])),
      gnuLong('L', long),
      raw(Buffer.from('short')),
      gnuLong('K', long),
      raw(Buffer.from('link'), Buffer.from('short')),
      end,
    ]),
  );
  expect(names(target)).toEqual(['link', decodeName(Buffer.from([0xe4])), decodeName(long), decodeName(Buffer.from([0xf6]))]);
  const inode = (name: Buffer | string): number =>
    lstatSync(filePath(join(target, typeof name === 'string' ? name : decodeName(name)))).ino;
  expect([inode(Buffer.from([0xf6])), inode('link')]).toEqual([inode(Buffer.from([0xe4])), inode(long)]);
});

it('keeps hard links, targets of links, attributes, directories, marks and devices apart', async () => {
  const xattrs = new Map([['user.\udcff', Buffer.from([0xff])]]);
  const entries: EntrySpec[] = [
    { path: 'd\udcff/', type: 'directory', mode: 0o2750, mtime: 5 },
    { path: 'd\udcff/.wh..wh..opq' },
    { path: 'd\udcff/\udcfe', content: 'one', mode: 0o4711, xattrs },
    { path: 'd\udcff/\udcfd', content: 'two' },
    { path: 'hard-\udcfe', type: 'hardlink', linkPath: 'd\udcff/\udcfe' },
    { path: 'hard-\udcfd', type: 'hardlink', linkPath: 'd\udcff/\udcfd' },
    { path: 'soft\udcff', type: 'symlink', linkPath: 'd\udcff' },
    { path: 'soft\udcff/through', content: 'the link' },
    { path: '.wh.gone\udcff' },
    { path: 'fifo\udcff', type: 'fifo' },
    { path: 'implied\udcff/x', content: 'x' },
  ];
  const { tree } = await unpack(archive(entries));
  expect(tree.implied()).toEqual(['implied\udcff']);
  const text = (path: string): string => readFileSync(filePath(join(target, path)), 'utf8');
  expect(['hard-\udcfe', 'hard-\udcfd', 'd\udcff/through'].map(text)).toEqual(['one', 'two', 'the link']);
  expect(readlinkSync(filePath(join(target, 'soft\udcff')), 'buffer')).toEqual(encodeName('d\udcff'));
  const file = join(target, 'd\udcff/\udcfe');
  expect([llistxattr(file), lgetxattr(file, 'user.\udcff')]).toEqual([['user.\udcff'], Buffer.from([0xff])]);
  expect(lgetxattr(join(target, 'd\udcff'), 'trusted.overlay.opaque')?.toString()).toBe('y');
  expect(lstatSync(filePath(join(target, 'd\udcff'))).mtimeMs).toBe(5_000);
  expect(lstatSync(filePath(join(target, 'gone\udcff'))).isCharacterDevice()).toBe(true);
});

it('makes an archive of such files from which they come back, in the order of their bytes', async () => {
  for (const name of awkward) writeFileSync(filePath(join(target, name)), name);
  await mkdir(filePath(join(target, 'deep\udcff')));
  writeFileSync(filePath(join(target, 'deep\udcff/\udcff')), 'deep');
  lsetxattr(join(target, '\udcff'), 'user.\udcfe', 'value');
  await mustRun(['sh', '-c', `cd ${target} && ln "$(printf '\\377')" hard && ln -s "$(printf '\\376')" soft`]);
  const made = await diff(target);
  expect(await diff(target)).toEqual(made);
  const back = join(directory, 'back');
  await mkdir(back);
  await unpack(made, back);
  expect(names(back)).toEqual(names(target));
  expect(readFileSync(filePath(join(back, 'deep\udcff/\udcff')), 'utf8')).toBe('deep');
  expect(readlinkSync(join(back, 'soft'), 'buffer')).toEqual(Buffer.from([0xfe]));
  expect(lstatSync(join(back, 'hard')).ino).toBe(lstatSync(filePath(join(back, '\udcff'))).ino);
  expect(lgetxattr(join(back, '\udcff'), 'user.\udcfe')?.toString()).toBe('value');
  expect(await diff(back)).toEqual(made);
  // Another program reads the same.
  expect(
    await mustRun(['sh', '-c', `cat > ${directory}/t.tar && tar -tf ${directory}/t.tar --quoting-style=escape`], { input: made }),
  ).toContain('deep\\377/\\377');
});

it('bounds a name by its bytes', async () => {
  await expect(unpack(archive([{ path: '\udcff'.repeat(256) }]))).rejects.toThrow('a file name is longer than 255 bytes');
  await expect(unpack(archive([{ path: 'ä'.repeat(128) }]))).rejects.toThrow('a file name is longer than 255 bytes');
});

it('counts what lies in such directories', async () => {
  await mkdir(filePath(join(target, '\udcff')));
  writeFileSync(filePath(join(target, '\udcff/\udcfe')), Buffer.alloc(1_000_000));
  expect((await diskUsage(target)).inodes).toBe(3);
  expect((await diskUsage(target)).bytes).toBeGreaterThan(999_999);
});
