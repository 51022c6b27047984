import { jest } from '@jest/globals';
import { lstatSync, readlinkSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { mustRun } from '#base';
import { seededRandom } from '#base/testing';
import { RuntimeError } from '../contract.ts';
import { lgetxattr } from '../host/index.ts';
import { archive, type EntrySpec } from '../testing/archives.ts';
import { parsePax } from './tar-header.ts';
import { unpackInto } from './unpack-into.ts';
import { defaultLimits, type UnpackLimits, UnpackMeter } from './unpack-limits.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

let directory: string;
let target: string;
let targets = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-unpack-'));
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  target = join(directory, `case-${targets++}`, 'layer');
  await mkdir(target, { recursive: true });
});

async function* inChunks(bytes: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const unpack = (bytes: Buffer, limits: UnpackLimits = defaultLimits, chunk = 65_536): ReturnType<typeof unpackInto> =>
  unpackInto(target, inChunks(bytes, chunk), new UnpackMeter(limits));

async function tree(): Promise<string[]> {
  return (await mustRun(['find', target, '-mindepth', '1', '-printf', '%P\n'])).split('\n').filter(Boolean).sort();
}

/** A header whose fields are spoilt after its checksum has been made good again. */
function patched(entries: EntrySpec[], offset: number, bytes: Buffer): Buffer {
  const tar = archive(entries);
  bytes.copy(tar, offset);
  tar.write('        ', 148, 'latin1');
  let sum = 0;
  for (let i = 0; i < 512; i++) sum += tar[i]!;
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return tar;
}

const small: UnpackLimits = { entries: 10, unpackedBytes: 1_000_000, imageBytes: 1_000_000, ratio: 20, ratioFromBytes: 100_000 };

describe('hostile archives are refused, and not a byte lands outside', () => {
  it.each<[string, Buffer]>([
    ['an absolute path', archive([{ path: '/evil', content: 'x' }])],
    ['a path with ..', archive([{ path: 'a/../../evil', content: 'x' }])],
    ['.. alone', archive([{ path: '..', type: 'directory' }])],
    [
      'a path through a link that leads out',
      archive([
        { path: 'a', type: 'symlink', linkPath: '../../x' },
        { path: 'a/evil', content: 'x' },
      ]),
    ],
    [
      'a path through two links that lead out',
      archive([
        { path: 'd/', type: 'directory' },
        { path: 'd/up', type: 'symlink', linkPath: '..' },
        { path: 'out', type: 'symlink', linkPath: 'd/up/..' },
        { path: 'out/evil', content: 'x' },
      ]),
    ],
    [
      'links that go round',
      archive([
        { path: 'a', type: 'symlink', linkPath: 'b' },
        { path: 'b', type: 'symlink', linkPath: 'a' },
        { path: 'a/x', content: '' },
      ]),
    ],
    ['a hard link to outside', archive([{ path: 'a', type: 'hardlink', linkPath: '../../etc/passwd' }])],
    ['a hard link to an absolute path', archive([{ path: 'a', type: 'hardlink', linkPath: '/etc/passwd' }])],
    [
      'a hard link through a link',
      archive([
        { path: 'e', type: 'symlink', linkPath: '../..' },
        { path: 'a', type: 'hardlink', linkPath: 'e/x' },
      ]),
    ],
    [
      'a hard link to a directory',
      archive([
        { path: 'd/', type: 'directory' },
        { path: 'a', type: 'hardlink', linkPath: 'd' },
      ]),
    ],
    [
      'a file in a file',
      archive([
        { path: 'a', content: '1' },
        { path: 'a/b', content: '2' },
      ]),
    ],
    ['a whiteout of ..', archive([{ path: 'd/.wh...' }])],
    ['a whiteout of nothing', archive([{ path: 'd/.wh.' }])],
    ["overlayfs's own whiteout", archive([{ path: 'a', type: 'character' }])],
    ['a NUL in a name', archive([{ path: `${'n'.repeat(200)}\0/x`, content: '' }])],
    ['a name that is too long', archive([{ path: 'n'.repeat(256), content: '' }])],
    ['a path that is too long', archive([{ path: 'd/'.repeat(2100), type: 'directory' }])],
    ['a root that is a file', archive([{ path: './', type: 'symlink', linkPath: '/etc' }])],
    ['a link longer than any', archive([{ path: 'a', type: 'symlink', linkPath: 'x'.repeat(5000) }])],
    ['an attribute without a name', archive([{ path: 'a', xattrs: new Map([['', Buffer.from('v')]]) }])],
    ['an attribute with too long a name', archive([{ path: 'a', xattrs: new Map([[`user.${'x'.repeat(300)}`, Buffer.from('v')]]) }])],
    ['an attribute longer than any', archive([{ path: 'a', xattrs: new Map([['user.x', Buffer.alloc(70_000)]]) }])],
    ['capabilities that are none', archive([{ path: 'a', xattrs: new Map([['security.capability', Buffer.from('v')]]) }])],
    [
      'a hard link to itself',
      archive([
        { path: 'a', content: 'x' },
        { path: './a', type: 'hardlink', linkPath: 'a' },
      ]),
    ],
    [
      'a hard link to itself through a link',
      archive([
        { path: 'd/a', content: 'x' },
        { path: 'l', type: 'symlink', linkPath: 'd' },
        { path: 'd/a', type: 'hardlink', linkPath: 'l/a' },
      ]),
    ],
    ['an owner that no file can have', archive([{ path: 'a', uid: 2 ** 32 }])],
    ['a path that is too long for where the layer is', archive([{ path: 'd/'.repeat(2040), type: 'directory' }])],
    ['a wrong checksum', Buffer.concat([archive([{ path: 'a', content: 'x' }])]).fill('z', 0, 1)],
    ['an unknown type', patched([{ path: 'a' }], 156, Buffer.from('Z'))],
    [
      'a negative size',
      patched([{ path: 'a' }], 124, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
    ],
    ['a size that is no number', patched([{ path: 'a' }], 124, Buffer.from('12x456789012'))],
    ['an end in the middle of a file', archive([{ path: 'a', content: 'x'.repeat(5000) }]).subarray(0, 2000)],
    ['an end in the middle of a header', archive([{ path: 'a' }]).subarray(0, 100)],
    ['no archive', seededRandom(1).bytes(4096)],
    ['broken gzip', gzipSync(archive([{ path: 'a', content: seededRandom(1).bytes(100_000) }])).subarray(0, 50_000)],
    ['too many entries', archive(Array.from({ length: 11 }, (_n, i) => ({ path: `f${i}` })))],
    ['too much', archive([{ path: 'a', content: Buffer.alloc(1_000_001) }])],
    ['a bomb of gzip', gzipSync(archive([{ path: 'a', content: Buffer.alloc(900_000) }]))],
    ['a bomb of zstd', zstdCompressSync(archive([{ path: 'a', content: Buffer.alloc(900_000) }]))],
  ])('%s', async (_what, bytes) => {
    const refusal = await unpack(bytes, small).then(
      () => undefined,
      (err: unknown) => err as Error,
    );
    expect(refusal).toBeInstanceOf(RuntimeError);
    expect(refusal?.message).not.toContain(directory);
    expect(await readdir(join(target, '..'))).toEqual(['layer']);
  });

  it('links anywhere are kept as they are, since they are only resolved inside a container', async () => {
    await unpack(
      archive([
        { path: 'a', type: 'symlink', linkPath: '/etc/passwd' },
        { path: 'b', type: 'symlink', linkPath: '../../..' },
      ]),
    );
    expect([readlinkSync(join(target, 'a')), readlinkSync(join(target, 'b'))]).toEqual(['/etc/passwd', '../../..']);
  });

  it('a path through an absolute link lands where a container would see it', async () => {
    await unpack(
      archive([
        { path: 'usr/lib/', type: 'directory' },
        { path: 'lib', type: 'symlink', linkPath: '/usr/lib' },
        { path: 'lib/x', content: 'x' },
      ]),
    );
    expect(await tree()).toEqual(['lib', 'usr', 'usr/lib', 'usr/lib/x']);
  });
});

describe('what an archive says is what is there', () => {
  it('of a path that comes twice, the last one, and nothing through a link that was there before', async () => {
    const outside = join(target, '..', 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'f'), 'theirs');
    await unpack(
      archive([
        { path: 'a', content: '1' },
        { path: './a', content: '2' },
        { path: 'link', type: 'symlink', linkPath: `${outside}/f` },
        { path: 'link', content: 'x' },
        { path: 'dir', type: 'symlink', linkPath: outside },
        { path: 'dir/', type: 'directory', mode: 0o700 },
        { path: 'dir/g', content: 'g' },
        { path: 'tree/', type: 'directory' },
        { path: 'tree/f', content: 'f' },
        { path: 'out', type: 'symlink', linkPath: outside },
        { path: 'tree/out', type: 'symlink', linkPath: outside },
        { path: 'tree', type: 'symlink', linkPath: 'a' },
        { path: 'out', type: 'hardlink', linkPath: 'a' },
      ]),
    );
    expect(await tree()).toEqual(['a', 'dir', 'dir/g', 'link', 'out', 'tree']);
    expect(await Promise.all(['a', 'link', 'out', 'tree'].map((name) => readFile(join(target, name), 'utf8')))).toEqual([
      '2',
      'x',
      '2',
      '2',
    ]);
    expect(await readdir(outside)).toEqual(['f']);
    expect(await readFile(join(outside, 'f'), 'utf8')).toBe('theirs');
  });

  it('owners, modes, times, links, devices and attributes', async () => {
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    await unpack(
      archive([
        { path: 'd/', type: 'directory', mode: 0o2750, uid: 3, gid: 4, mtime: 1_600_000_000 },
        {
          path: 'd/f',
          content: 'text',
          mode: 0o4755,
          uid: 1,
          gid: 2,
          mtime: 1_500_000_000.5,
          xattrs: new Map([['user.note', Buffer.from('hi')]]),
        },
        { path: 'd/caps', content: 'x', xattrs: new Map([['security.capability', capability]]) },
        { path: 'd/hard', type: 'hardlink', linkPath: 'd/f' },
        { path: 'd/soft', type: 'symlink', linkPath: 'f', uid: 9, gid: 9, mtime: 1_400_000_000 },
        { path: 'dev', type: 'character', device: { major: 1, minor: 3 }, mode: 0o666 },
        { path: 'pipe', type: 'fifo' },
        { path: 'big-ids', uid: 5_000_000, gid: 3_000_000_000, content: '' },
        { path: 'trusted', xattrs: new Map([['trusted.overlay.redirect', Buffer.from('/etc')]]) },
      ]),
    );
    const [d, f, soft, dev, pipe] = ['d', 'd/f', 'd/soft', 'dev', 'pipe'].map((path) => lstatSync(join(target, path)));
    expect([d!.mode & 0o7777, d!.uid, d!.gid, d!.mtimeMs]).toEqual([0o2750, 3, 4, 1_600_000_000_000]);
    expect([f!.mode & 0o7777, f!.uid, f!.gid, f!.mtimeMs, f!.nlink]).toEqual([0o4755, 1, 2, 1_500_000_000_500, 2]);
    expect([soft!.uid, soft!.mtimeMs, lstatSync(join(target, 'd/hard')).ino]).toEqual([9, 1_400_000_000_000, f!.ino]);
    expect([dev!.isCharacterDevice(), dev!.rdev, dev!.mode & 0o777, pipe!.isFIFO()]).toEqual([true, 0x103, 0o666, true]);
    expect(lgetxattr(join(target, 'd/f'), 'user.note')?.toString()).toBe('hi');
    expect(lgetxattr(join(target, 'd/caps'), 'security.capability')?.subarray(0, 4)).toEqual(capability.subarray(0, 4));
    expect(lgetxattr(join(target, 'trusted'), 'trusted.overlay.redirect')).toBeUndefined();
    expect(lstatSync(join(target, 'big-ids')).gid).toBe(3_000_000_000);
  });

  it('whiteouts in overlayfs’s form, in whatever order they come', async () => {
    const { tree: known } = await unpack(
      archive([
        { path: 'a/.wh.gone' },
        { path: 'b/', type: 'directory' },
        { path: 'b/.wh..wh..opq' },
        { path: '.wh.c' },
        { path: 'c/', type: 'directory' },
        { path: 'c/new', content: 'n' },
        { path: 'd/', type: 'directory' },
        { path: '.wh.d' },
        { path: '.wh.e' },
        { path: 'e', content: 'file' },
        { path: 'f', content: 'file' },
        { path: '.wh.f' },
        { path: '.wh.g' },
        { path: 'g/deep/x', content: 'x' },
        { path: '.wh..wh.plnk/', type: 'directory' },
      ]),
    );
    const gone = await lstat(join(target, 'a/gone'));
    expect([gone.isCharacterDevice(), gone.rdev]).toEqual([true, 0]);
    const opaque = ['a', 'b', 'c', 'd', 'g'].filter((path) => lgetxattr(join(target, path), 'trusted.overlay.opaque')?.toString() === 'y');
    expect(opaque).toEqual(['b', 'c', 'd', 'g']);
    expect([await readFile(join(target, 'e'), 'utf8'), await readFile(join(target, 'f'), 'utf8')]).toEqual(['file', 'file']);
    expect(known.implied().sort()).toEqual(['a', 'g', 'g/deep']);
    expect(await readdir(target)).not.toContain('.wh..wh.plnk');
  });

  it.each([1, 7, 511, 512, 513, 4096])('in pieces of %d bytes', async (size) => {
    const content = seededRandom(1).bytes(1500);
    await unpack(
      archive([{ path: `long/${'n'.repeat(120)}/file`, content }, { path: 'empty' }, { path: 'é', content: 'ü' }]),
      defaultLimits,
      size,
    );
    expect(await readFile(join(target, 'long', 'n'.repeat(120), 'file'))).toEqual(content);
    expect(await readFile(join(target, 'é'), 'utf8')).toBe('ü');
  });
});

describe('archives of others', () => {
  it('GNU tar’s, in its three formats', async () => {
    const source = join(directory, 'gnu');
    const long = `${'deep-directory/'.repeat(12)}file-with-a-long-name`;
    await mkdir(join(source, long, '..'), { recursive: true });
    await writeFile(join(source, long), 'content');
    for (const format of ['gnu', 'posix', 'oldgnu']) {
      const file = join(directory, `${format}.tar`);
      await mustRun(['tar', `--format=${format}`, '-C', source, '-cf', file, '.']);
      target = join(directory, `case-${targets++}`, 'layer');
      await mkdir(target, { recursive: true });
      await unpack(await readFile(file));
      expect(await readFile(join(target, long), 'utf8')).toBe('content');
    }
  });

  it('tar-stream’s, and ours are read by GNU tar', async () => {
    const other = pack();
    other.entry({ name: `x/${'y'.repeat(200)}`, mode: 0o600, mtime: new Date(5000) }, 'theirs');
    other.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of other) chunks.push(chunk as Buffer);
    await unpack(Buffer.concat(chunks));
    expect(await readFile(join(target, 'x', 'y'.repeat(200)), 'utf8')).toBe('theirs');
    const ours = join(directory, 'ours.tar');
    await writeFile(
      ours,
      archive([
        { path: `p/${'q'.repeat(120)}/${'r'.repeat(90)}`, content: 'ours', uid: 4_000_000 },
        { path: 'ä', type: 'symlink', linkPath: 's'.repeat(150) },
      ]),
    );
    const listed = await mustRun(['tar', '--quoting-style=literal', '-tvf', ours]);
    expect(listed).toContain(`p/${'q'.repeat(120)}/${'r'.repeat(90)}`);
    expect(listed).toContain(`ä -> ${'s'.repeat(150)}`);
    expect(listed).toContain('4000000/0');
  });

  it('malformed pax records are refused', () => {
    for (const text of ['5 a=b', 'x a=b\n', '999 a=b\n', '4 ab\n', '-1 a=b\n'])
      expect(() => parsePax(Buffer.from(text))).toThrow(RuntimeError);
    expect(parsePax(Buffer.from('6 a=b\n8 k=v=w\n')).get('k')?.toString()).toBe('v=w');
  });
});
