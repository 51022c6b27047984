import { jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import { SyncJournal } from '../content/sync-journal.ts';
import { archive, sha256, testImage, upload } from '../testing/archives.ts';
import { openImages, type OpenedImages } from './open-images.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

let directory: string;
let served: ServedRegistry;
let root: string;
let opened: OpenedImages;
let name: string;

const image = testImage([archive([{ path: 'below', content: 'below' }]), archive([{ path: 'above', content: 'above' }])]);
const open = async (bootId = 'first boot'): Promise<void> =>
  void (opened = await openImages({ rootDir: root, logger: silentLogger, bootId }));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-recovery-'));
  served = await serveRegistry(join(directory, 'registry'));
  name = `${served.host}/demo/app:v1`;
  await upload(served.url, 'demo/app', 'v1', image);
});
beforeEach(async () => {
  root = await mkdtemp(join(directory, 'store-'));
  await open();
});
afterAll(async () => {
  await served.close();
  await rm(directory, { recursive: true });
});

const mark = (): string => join(root, 'unsynced');
const blob = (i: number): string => join(root, 'blobs/sha256', sha256(image.blobs[i]!).slice(7));
const layerFile = (i: number, path: string): string => join(root, 'layers', image.diffIds[i]!.slice(7), path);
/** Whether the image is there with all its files. */
const isWhole = async (): Promise<boolean> => {
  const found = await opened.images.get(name);
  if (!found) return false;
  const texts = await Promise.all([readFile(layerFile(0, 'diff/below'), 'utf8'), readFile(layerFile(1, 'diff/above'), 'utf8')]);
  expect([found.diffIds, texts]).toEqual([image.diffIds, ['below', 'above']]);
  return true;
};

describe('a machine that went down before all was on disk', () => {
  beforeEach(() => opened.images.pull(name));

  it.each<[what: string, spoil: () => Promise<void>, survives: boolean]>([
    ['nothing', async () => undefined, true],
    ['a file of a layer', () => truncate(layerFile(1, 'diff/above')), true],
    ['what is said of a layer', () => truncate(layerFile(0, 'layer.json')), true],
    ['a layer that was not shown yet', () => rm(join(root, 'layers', image.diffIds[1]!.slice(7)), { recursive: true }), true],
    ['a blob', () => truncate(blob(0)), false],
    ['a blob that was not shown yet', () => rm(blob(1)), false],
    ['the config', () => truncate(join(root, 'blobs/sha256', sha256(image.config).slice(7))), false],
  ])('with %s lost', async (_what, spoil, survives) => {
    await spoil();
    await open('second boot');
    expect(await isWhole()).toBe(survives);
    expect(await readFile(mark(), 'utf8')).toBe('second boot');
    await opened.images.pull(name);
    expect(await isWhole()).toBe(true);
    await opened.images.remove(name);
    await opened.images.collectGarbage();
    expect([await readdir(join(root, 'blobs/sha256')), await readdir(join(root, 'layers/l'))]).toEqual([[], []]);
  });
});

it.each([
  ['stays where it is whole', false],
  ['is forgotten where it is not, since no blob has it', true],
])('an image that was built %s', async (_what, isSpoilt) => {
  const { path, remove } = await opened.building.newUpper();
  await writeFile(join(path, 'file'), 'content');
  const layer = (await opened.building.commitLayer(path, { timestampSeconds: 1 }))!;
  await remove();
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers' as const, diff_ids: [layer.diffId] } };
  await opened.building.commitImage({ config, layers: [layer], names: ['built:v1'] });
  if (isSpoilt) await truncate(join(root, 'layers', layer.diffId.slice(7), 'diff/file'));
  await open('second boot');
  expect((await opened.images.list()).map(({ names }) => names)).toEqual(isSpoilt ? [] : [['docker.io/library/built:v1']]);
});

it('a process that ended is no reason to look at anything', async () => {
  await opened.images.pull(name);
  await truncate(layerFile(1, 'diff/above'));
  await open();
  expect([existsSync(mark()), await readFile(layerFile(1, 'diff/above'), 'utf8')]).toEqual([true, '']);
});

it('the mark is there before a change, and goes once all is on disk', async () => {
  const journal = new SyncJournal(root);
  await journal.sync();
  expect(await journal.open()).toBeUndefined();
  await Promise.all([journal.beforeChange(), journal.beforeChange()]);
  expect(existsSync(mark())).toBe(true);
  const syncing = journal.sync();
  await journal.beforeChange(); // of which the sync may have seen nothing
  await syncing;
  expect(existsSync(mark())).toBe(true);
  await journal.sync();
  expect(existsSync(mark())).toBe(false);
  await journal.beforeChange();
  expect([await new SyncJournal(root).open(), await new SyncJournal(root, 'another boot').open()]).toEqual([undefined, expect.any(Number)]);
});
