import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { mustRun } from '#base';
import type { ExtractOptions } from '../filesystems.contract.ts';
import { TarReader } from '../layers/tar-reader.ts';
import type { TarEntry } from '../layers/tar-header.ts';
import { archive, type EntrySpec } from '../testing/archives.ts';
import { makeNode } from '../host/device-nodes.ts';
import { lgetxattr, lsetxattr } from '../host/xattrs.ts';
import { OpenedRoot } from './opened-root.ts';

let directory: string;
let root: string;
let files: OpenedRoot;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'root-'));
  root = join(directory, 'root');
  mkdirSync(join(root, 'd/sub'), { recursive: true });
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n');
  mkdirSync(join(directory, 'outside'));
  writeFileSync(join(directory, 'outside/secret'), 'secret');
  files = new OpenedRoot(root);
});
afterEach(async () => {
  await files.close();
  rmSync(directory, { recursive: true });
});

const inRoot = (path: string): string => join(root, path);

async function* inPieces(bytes: Buffer, size = 700): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const put = (entries: readonly EntrySpec[], options: ExtractOptions = {}, to = '/d'): Promise<void> =>
  files.extract(to, inPieces(archive(entries)), options);

async function get(path: string, name: string): Promise<TarEntry[]> {
  const found: TarEntry[] = [];
  const reader = new TarReader({
    entry: (entry) => void found.push(entry),
    data: () => undefined,
    hole: () => undefined,
    entryEnd: () => undefined,
  });
  for await (const chunk of files.archive(path, name)) await reader.write(chunk);
  reader.end();
  return found;
}

describe('links', () => {
  beforeEach(() => {
    symlinkSync('/etc', inRoot('abs'));
    symlinkSync('../../../../etc', inRoot('d/up'));
    symlinkSync('nowhere/at/all', inRoot('d/broken'));
    symlinkSync('loop', inRoot('loop'));
    symlinkSync(join(directory, 'outside'), inRoot('out'));
  });

  it.each([
    ['/abs/passwd', '/etc/passwd'],
    ['/d/up/passwd', '/etc/passwd'],
    ['/d/../../../abs', '/etc'],
    ['/d/broken', '/d/nowhere/at/all'],
    ['/not/there/../here', '/not/here'],
    ['d//sub/.', '/d/sub'],
  ])('%s leads to %s', (path, want) => expect(files.resolve(path)).toBe(want));

  it('that go round are refused', () => expect(() => files.resolve('/loop')).toThrow(expect.objectContaining({ code: 'ELOOP' })));

  it('lead nowhere but inside the root', () => {
    expect(files.stat('/abs/passwd')).toMatchObject({ type: 'file' });
    expect(files.stat('/abs')).toMatchObject({ type: 'symlink' });
    expect(files.stat('/abs/')).toMatchObject({ type: 'directory' });
    expect(() => files.stat('/out/secret')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});

describe('an archive of what is there', () => {
  it('has owners, modes, links, devices and attributes, and is laid out the same', async () => {
    writeFileSync(inRoot('d/file'), 'x'.repeat(100_000));
    linkSync(inRoot('d/file'), inRoot('d/hard'));
    chmodSync(inRoot('d/file'), 0o4755);
    symlinkSync('/etc/passwd', inRoot('d/link'));
    makeNode(inRoot('d/null'), 'character', 0o666, { major: 1, minor: 3 });
    makeNode(inRoot('d/fifo'), 'fifo', 0o600);
    lsetxattr(inRoot('d/sub'), 'user.note', 'hi');
    await mustRun(['chown', '-h', '7:8', inRoot('d/link'), inRoot('d/file')]);
    const entries = await get('/d', 'copy');
    expect(entries.map(({ path, type, linkPath, uid }) => [path, type, linkPath, uid])).toEqual([
      ['copy/', 'directory', '', 0],
      ['copy/fifo', 'fifo', '', 0],
      ['copy/file', 'file', '', 7],
      ['copy/hard', 'hardlink', 'copy/file', 7],
      ['copy/link', 'symlink', '/etc/passwd', 7],
      ['copy/null', 'character', '', 0],
      ['copy/sub/', 'directory', '', 0],
    ]);
    await files.extract('/', files.archive('/d', 'copy'));
    const listed = async (path: string): Promise<string> =>
      (await mustRun(['find', path, '-printf', '%P %y %m %U %G %l %n %TY%Tm%Td%TH%TM\n'])).split('\n').sort().join('\n');
    expect(await listed(inRoot('copy'))).toBe(await listed(inRoot('d')));
    expect(readFileSync(inRoot('copy/hard'), 'utf8')).toBe('x'.repeat(100_000));
    expect(lgetxattr(inRoot('copy/sub'), 'user.note')?.toString()).toBe('hi');
  });

  it.each([
    ['/d/file', 'file', ['file']],
    ['/d/.', '.', ['./', './file', './sub/']],
    ['/', '', ['/', '/d/', '/d/file', '/d/sub/', '/etc/', '/etc/passwd']],
    ['/link', 'link', ['link']],
    ['/link/', 'link', ['link/', 'link/file', 'link/sub/']],
  ])('%s as %j has %j', async (path, name, want) => {
    writeFileSync(inRoot('d/file'), '');
    if (path.startsWith('/link')) symlinkSync('d', inRoot('link'));
    expect((await get(path, name)).map((entry) => entry.path)).toEqual(want);
  });

  it('stays whole where a file is cut off while it is read', async () => {
    writeFileSync(inRoot('d/file'), 'x'.repeat(3_000_000));
    const chunks: Buffer[] = [];
    for await (const chunk of files.archive('/d', 'd')) {
      chunks.push(chunk);
      writeFileSync(inRoot('d/file'), 'short');
    }
    const reader = new TarReader({ entry: () => undefined, data: () => undefined, hole: () => undefined, entryEnd: () => undefined });
    for (const chunk of chunks) await reader.write(chunk);
    expect(() => reader.end()).not.toThrow();
  });
});

describe('a hostile archive', () => {
  it.each<[string, EntrySpec[], string]>([
    ['a path that leads out', [{ path: '../../outside/x', content: 'x' }], 'is outside of "/d"'],
    ['a path that leads out by its end', [{ path: 'a/../..', type: 'directory' }], 'is outside of "/d"'],
    ['a hard link that leads out', [{ path: 'x', type: 'hardlink', linkPath: '../../outside/secret' }], 'invalid hardlink "/d/x" -> '],
  ])('with %s is refused', async (_what, entries, words) => {
    await expect(put(entries)).rejects.toThrow(words);
    expect(readdirSync(join(directory, 'outside'))).toEqual(['secret']);
  });

  it('stays inside by an absolute path, links to elsewhere, and a link in the place of a directory', async () => {
    await put([
      { path: '/abs', content: '1' },
      { path: 'up', type: 'symlink', linkPath: '../../../..' },
      { path: 'up/top', content: '2' },
      { path: 'sub', type: 'symlink', linkPath: join(directory, 'outside') },
      { path: 'sub', type: 'directory' },
      { path: 'sub/in', content: '3' },
    ]);
    expect(readFileSync(join(directory, 'outside/secret'), 'utf8')).toBe('secret');
    expect(readdirSync(join(directory, 'outside'))).toEqual(['secret']);
    expect([readFileSync(inRoot('d/abs'), 'utf8'), readFileSync(inRoot('top'), 'utf8'), readFileSync(inRoot('d/sub/in'), 'utf8')]).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('finds nothing where its own link leads, but what the root has there', async () => {
    const entries: EntrySpec[] = [
      { path: 'out', type: 'symlink', linkPath: join(directory, 'outside') },
      { path: 'out/secret', content: 'overwritten' },
    ];
    await expect(put(entries)).rejects.toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(readFileSync(join(directory, 'outside/secret'), 'utf8')).toBe('secret');
  });

  it('is refused when it is cut off or no archive', async () => {
    const whole = archive([{ path: 'a', content: 'x'.repeat(2000) }]);
    await expect(files.extract('/d', inPieces(whole.subarray(0, 1500)))).rejects.toThrow('cut off');
    await expect(files.extract('/d', inPieces(Buffer.alloc(2000, 1)))).rejects.toThrow('checksum is not a number');
  });

  it('cannot win a race: who exchanges a directory for a link while it is laid out or read leads it nowhere', async () => {
    let turn = 0;
    const exchange = (): void => {
      if (turn++ % 2 === 0) {
        renameSync(inRoot('d/sub'), inRoot('d/kept'));
        symlinkSync(join(directory, 'outside'), inRoot('d/sub'));
      } else {
        rmSync(inRoot('d/sub'));
        renameSync(inRoot('d/kept'), inRoot('d/sub'));
      }
    };
    const racing = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        exchange();
        yield chunk;
      }
    };
    const entries = Array.from({ length: 40 }, (_, i): EntrySpec => ({ path: `sub/f${i}`, content: `${i}`.padEnd(900) }));
    await files.extract('/d', racing(inPieces(archive(entries), 512))).catch(() => undefined); // a link to nowhere may fail
    expect(readdirSync(join(directory, 'outside'))).toEqual(['secret']);
    for await (const chunk of files.archive('/d', 'd')) {
      exchange();
      expect(chunk.includes('secret')).toBe(chunk.includes('outside/secret'));
    }
  });
});

describe('what is there already', () => {
  it('is replaced, and directories are merged', async () => {
    writeFileSync(inRoot('d/sub/old'), 'old');
    writeFileSync(inRoot('d/file'), 'old');
    await put([
      { path: 'sub', type: 'directory', mode: 0o700 },
      { path: 'sub/new', content: 'new' },
      { path: 'file', content: 'new' },
      { path: 'made/on/the/way', content: '' },
    ]);
    expect(readdirSync(inRoot('d/sub'))).toEqual(['new', 'old']);
    expect(statSync(inRoot('d/sub')).mode & 0o777).toBe(0o700);
    expect(readFileSync(inRoot('d/file'), 'utf8')).toBe('new');
    expect(statSync(inRoot('d/made/on')).mode & 0o777).toBe(0o755);
  });

  it('gives way in its kind too, unless that is to be kept', async () => {
    writeFileSync(inRoot('d/file'), '');
    const fileOverDirectory = [{ path: 'sub', content: 'x' }];
    const directoryOverFile: EntrySpec[] = [{ path: 'file', type: 'directory' }];
    await expect(put(fileOverDirectory, { keepKinds: true })).rejects.toThrow(
      'cannot overwrite directory "/d/sub" with non-directory "/d"',
    );
    await expect(put(directoryOverFile, { keepKinds: true })).rejects.toThrow(
      'cannot overwrite non-directory "/d/file" with directory "/d"',
    );
    await put([...fileOverDirectory, ...directoryOverFile]);
    expect([lstatSync(inRoot('d/sub')).isFile(), lstatSync(inRoot('d/file')).isDirectory()]).toEqual([true, true]);
  });

  it('keeps the owner that it is told', async () => {
    await put([{ path: 'mine', content: '', uid: 5, gid: 6 }], { owner: files.userOf('web') });
    expect(lstatSync(inRoot('d/mine'))).toMatchObject({ uid: 33, gid: 44 });
    expect(() => files.userOf('nobody-knows')).toThrow('unable to find user nobody-knows');
  });

  it('is never followed when it is a link', async () => {
    symlinkSync(join(directory, 'outside/secret'), inRoot('d/link'));
    await put([{ path: 'link', content: 'mine' }]);
    expect(readFileSync(join(directory, 'outside/secret'), 'utf8')).toBe('secret');
    expect(lstatSync(inRoot('d/link')).isFile()).toBe(true);
  });
});

it.each<[string, (bytes: Buffer) => Buffer | Promise<Buffer>]>([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
  ['xz', (bytes) => packedBy('xz', bytes)],
  ['bzip2', (bytes) => packedBy('bzip2', bytes)],
])('an archive may be packed by %s', async (_how, pack) => {
  const packed = await pack(archive([{ path: 'a', content: 'in it' }]));
  await files.extract('/d', inPieces(packed, 5));
  expect(readFileSync(inRoot('d/a'), 'utf8')).toBe('in it');
  await expect(files.extract('/d', inPieces(packed.subarray(0, packed.length - 20)))).rejects.toThrow('invalid layer archive');
});

async function packedBy(program: 'xz' | 'bzip2', bytes: Buffer): Promise<Buffer> {
  const path = join(directory, 'packed');
  writeFileSync(path, bytes);
  await mustRun([program, '--keep', path]);
  return readFileSync(`${path}.${program === 'xz' ? 'xz' : 'bz2'}`);
}
