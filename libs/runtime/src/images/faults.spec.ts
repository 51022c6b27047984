import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Digest, mustRun } from '#base';
import { seededRandom } from '#base/testing';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import { archive, sha256, testImage, upload } from '../testing/archives.ts';
import type { ImageStore } from './image-store.ts';
import { openImages } from './open-images.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(240_000);

/** Whatever goes wrong in the middle of a pull or a removal, what the store shows is whole, and what it does not show is gone. */
let directory: string;
let served: ServedRegistry;
let references: string[];
const random = seededRandom(20);
const common = archive([
  { path: 'common/', type: 'directory' },
  ...Array.from({ length: 50 }, (_, i) => ({ path: `common/f${i}`, content: random.bytes(20_000) })),
]);
const own = [0, 1].map((i) =>
  archive([
    { path: `own-${i}`, content: random.bytes(1_500_000) },
    { path: 'linked', type: 'hardlink', linkPath: 'common/f1' },
  ]),
);
const images = own.map((layer) => testImage([common, layer]));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-faults-'));
  served = await serveRegistry(join(directory, 'registry'));
  for (const [i, image] of images.entries()) await upload(served.url, `faults/app-${i}`, 'v1', image);
  references = images.map((_, i) => `${served.host}/faults/app-${i}:v1`);
});
afterAll(async () => {
  await served.close();
  await rm(directory, { recursive: true });
});

const open = async (rootDir: string): Promise<ImageStore> => (await openImages({ rootDir, logger: silentLogger })).images;

/** Every image that is listed has all its blobs and files, and nothing lies about. */
async function demandWhole(root: string, store: ImageStore): Promise<void> {
  for (const digest of await store.content.list()) expect([digest, await store.content.isWhole(digest)]).toEqual([digest, true]);
  for (const diffId of await store.layers.list()) await demandFiles(store, diffId);
  for (const { diffIds } of await store.list()) for (const diffId of diffIds) expect(await store.layers.has(diffId)).toBe(true);
  expect(await readdir(join(root, 'layers/unpacking'))).toEqual([]);
  for (const name of await readdir(join(root, 'layers/l'))) expect([name, existsSync(join(root, 'layers/l', name))]).toEqual([name, true]);
}

async function demandFiles(store: ImageStore, diffId: Digest): Promise<void> {
  const of = [common, ...own].findIndex((tar) => sha256(tar) === diffId);
  const path = of === 0 ? 'common/f49' : `own-${of - 1}`;
  expect((await readFile(join(store.layers.diff(diffId), path))).length).toBe(of === 0 ? 20_000 : 1_500_000);
}

/** The command that was interrupted succeeds, and afterwards nothing is left of it. */
async function repeatAndRemove(root: string, store: ImageStore): Promise<void> {
  for (const [i, reference] of references.entries()) expect((await store.pull(reference)).diffIds).toEqual(images[i]!.diffIds);
  await demandWhole(root, store);
  for (const reference of references) await store.remove(reference);
  await store.collectGarbage();
  const left = ['blobs/sha256', 'ingest', 'layers/l', 'layers/unpacking'].map((path) => readdir(join(root, path)));
  expect([await Promise.all(left), await store.layers.list()]).toEqual([[[], [], [], []], []]);
}

it.each(Array.from({ length: 8 }, (_, i) => 1 + random.below(12) + 14 * i))('killed at its step %d', async (step) => {
  const root = await mkdtemp(join(directory, 'killed-'));
  const script = join(import.meta.dirname, '../testing/killed-pull.ts');
  // The condition is that of `imports` in package.json under which the sources are found.
  const node = [process.execPath, '--conditions=types', '--experimental-transform-types', '--no-warnings'] as const;
  const child = spawn(node[0], [...node.slice(1), script, root, ...references], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let lines = 0;
  for await (const _ of createInterface(child.stdout)) if (++lines === step) child.kill('SIGKILL');
  await ended;
  expect([child.signalCode, lines]).toEqual(['SIGKILL', expect.any(Number)]);
  const store = await open(root);
  await demandWhole(root, store);
  await repeatAndRemove(root, store);
});

it.each(Array.from({ length: 6 }, (_, i) => 100 + 900 * i + random.below(800)))('a disk of %d KiB', async (kilobytes) => {
  const root = join(directory, `disk-${kilobytes}`);
  await mkdir(root);
  await mustRun(['mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'berth-faults', root]);
  try {
    const store = await open(join(root, 'images'));
    const results = [];
    for (const reference of references)
      results.push(
        await store.pull(reference).then(
          () => 'pulled',
          (err: { code?: string }) => err.code,
        ),
      );
    expect(results.filter((result) => result !== 'pulled' && result !== 'disk-full')).toEqual([]);
    expect((await store.list()).length).toBe(results.filter((result) => result === 'pulled').length);
    await demandWhole(join(root, 'images'), store);
    await mustRun(['mount', '-o', 'remount,size=100m', root]);
    await repeatAndRemove(join(root, 'images'), store);
  } finally {
    await mustRun(['umount', '-l', root]);
  }
});
