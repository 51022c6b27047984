import { jest } from '@jest/globals';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '#base';
import { silentLogger } from '#telemetry';
import { openImages } from '../images/open-images.ts';
import { defaultLimits, type UnpackLimits } from '../layers/unpack-limits.ts';
import { archive, type EntrySpec, sha256 } from '../testing/archives.ts';

// Mounts, on a busy machine.
jest.setTimeout(60_000);

let directory: string;
let store: Awaited<ReturnType<typeof openImages>>;
let stores = 0;

const open = (limits: UnpackLimits = defaultLimits): ReturnType<typeof openImages> =>
  openImages({ rootDir: join(directory, `store-${stores++}`), limits, logger: silentLogger });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-links-'));
});
beforeEach(async () => {
  store = await open();
});
afterAll(() => rm(directory, { recursive: true }));

async function unpackAll(layers: readonly EntrySpec[][], into = store): Promise<Digest[]> {
  const tars = layers.map(archive);
  for (const tar of tars) {
    const source = (async function* () {
      yield tar;
    })();
    await into.images.layers.unpack(sha256(tar), source);
  }
  return tars.map(sha256);
}

async function inside<T>(layers: readonly EntrySpec[][], look: (root: string) => T): Promise<T> {
  return store.building.withRoot(await unpackAll(layers), undefined, async (root) => look(root));
}

const text = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');
const link = (path: string, linkPath: string): EntrySpec => ({ path, type: 'hardlink', linkPath });

const base: EntrySpec[] = [
  { path: 'bin/', type: 'directory', mode: 0o2755, uid: 3 },
  { path: 'bin/tool', content: 'tool', mode: 0o4755, uid: 1, gid: 2, mtime: 7 },
  { path: 'sbin', type: 'symlink', linkPath: 'bin' },
  { path: 'etc/', type: 'directory' },
  { path: 'etc/old', content: 'old' },
];

it('is another name of the file of the layer below, with everything that the file has', async () => {
  await inside([base, [link('bin/alias', 'bin/tool')]], (root) => {
    const [file, alias] = [lstatSync(join(root, 'bin/tool')), lstatSync(join(root, 'bin/alias'))];
    expect([text(root, 'bin/alias'), alias.mode & 0o7777, alias.uid, alias.gid, alias.mtimeMs]).toEqual(['tool', 0o4755, 1, 2, 7_000]);
    expect([file.ino === alias.ino, file.nlink]).toEqual([true, 2]);
    const parent = lstatSync(join(root, 'bin'));
    expect([parent.mode & 0o7777, parent.uid]).toEqual([0o2755, 3]);
  });
});

it.each<[what: string, layers: EntrySpec[][], want: Record<string, string>]>([
  ['through a link of the layer below', [base, [link('a', 'sbin/tool')]], { a: 'tool' }],
  ['through a link of its own', [base, [{ path: 's', type: 'symlink', linkPath: '/etc' }, link('a', 's/old')]], { a: 'old' }],
  ['two layers down', [base, [{ path: 'x' }], [link('a', 'etc/old')]], { a: 'old' }],
  ['to a link that was made so', [base, [link('a', 'etc/old'), link('b', 'a')]], { a: 'old', b: 'old' }],
  ['to such a link of the layer below', [base, [link('a', 'etc/old')], [link('b', 'a')]], { b: 'old' }],
  ['in a new directory', [base, [{ path: 'new/', type: 'directory' }, link('new/a', 'etc/old')]], { 'new/a': 'old' }],
  [
    'in a directory that replaces a file',
    [base, [{ path: 'etc/old/', type: 'directory' }, link('etc/old/a', 'bin/tool')]],
    { 'etc/old/a': 'tool' },
  ],
  ['in the place of a file', [base, [link('etc/old', 'bin/tool')]], { 'etc/old': 'tool' }],
  ['in the place of a directory', [base, [link('etc', 'bin/tool')]], { etc: 'tool' }],
  ['before the file is replaced', [base, [link('a', 'etc/old'), { path: 'etc/old', content: 'new' }]], { a: 'old', 'etc/old': 'new' }],
  ['before the file is deleted', [base, [link('a', 'etc/old'), { path: 'etc/.wh.old' }]], { a: 'old' }],
  ['replaced itself later', [base, [link('a', 'etc/old'), { path: 'a', content: 'a' }]], { a: 'a' }],
  ['replaced by a layer above', [base, [link('a', 'etc/old')], [{ path: 'a', content: 'above' }]], { a: 'above' }],
  ['of a name that is no UTF-8', [[{ path: '\udcff', content: 'bytes' }], [link('a', '\udcff')]], { a: 'bytes' }],
])('a link %s', async (_what, layers, want) => {
  await inside(layers, (root) => {
    for (const [path, content] of Object.entries(want)) expect(text(root, path)).toBe(content);
  });
});

it('is deleted by a layer above', async () => {
  await inside([base, [link('a', 'etc/old')], [{ path: '.wh.a' }]], (root) => expect(readdirSync(root)).not.toContain('a'));
});

it.each<[what: string, layers: EntrySpec[][], message: string]>([
  ['to nothing', [base, [link('a', 'etc/nothing')]], "hard link 'a' to 'etc/nothing', which is no file of the image"],
  ['to a directory', [base, [link('a', 'etc')]], 'which is no file of the image'],
  ['without a layer below', [[link('a', 'b')]], 'and there is none'],
  ['to itself', [[{ path: 'x' }], [link('a', 'a')]], 'which is no file of the image'],
  ['to a file that the layer deletes before', [base, [{ path: 'etc/.wh.old' }, link('a', 'etc/old')]], 'which is no file of the image'],
  [
    'to a file that an opaque directory hides',
    [base, [{ path: 'etc/.wh..wh..opq' }, link('a', 'etc/old')]],
    'which is no file of the image',
  ],
  ['below a file of the layer', [base, [{ path: 'etc', content: 'x' }, link('a', 'etc/old')]], 'is no directory'],
  [
    'out of the layers by a link below',
    [[{ path: 'out', type: 'symlink', linkPath: '../../../../..' }], [link('a', `out${process.execPath}`)]],
    'which is no file of the image',
  ],
  [
    'into a directory that hides the layers below',
    [base, [{ path: 'etc/.wh..wh..opq' }, link('etc/a', 'bin/tool')]],
    'in a directory that hides the layers below',
  ],
])('a link %s is refused', async (_what, layers, message) => {
  await expect(inside(layers, () => undefined)).rejects.toMatchObject({ code: 'bad-image', message: expect.stringContaining(message) });
});

it('is bounded: copies of a large file through many layers are counted', async () => {
  store = await open({ ...defaultLimits, imageBytes: 100_000 });
  const large: EntrySpec[] = [{ path: 'large', content: Buffer.alloc(30_000) }];
  const more = (n: number): EntrySpec[][] => Array.from({ length: n }, (_n, i) => [link(`l${i}`, 'large')]);
  await inside([large, more(1)[0]!], (root) => expect(lstatSync(join(root, 'l0')).size).toBe(30_000));
  const links = [large, [{ path: 'x' }, ...Array.from({ length: 50 }, (_n, i) => link(`l${i}`, 'large'))]];
  await inside(links, (root) => expect(lstatSync(join(root, 'l49')).nlink).toBe(51)); // one copy, with many names
  await expect(inside([large, ...more(4)], () => undefined)).rejects.toThrow('copies for its hard links are larger than an image may be');
});

it('goes with its layer', async () => {
  const diffIds = await unpackAll([base, [link('a', 'etc/old')]]);
  await store.building.withRoot(diffIds, undefined, async () => undefined);
  const names = (): string[] => readdirSync(join(store.images.layers.root, 'l')).filter((name) => name.startsWith('links-'));
  expect(names().length).toBe(1);
  await store.images.collectGarbage();
  expect([names(), await store.images.layers.list()]).toEqual([[], []]);
});
