import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemRandom } from '#base';
import { silentLogger } from '#telemetry';
import { snapshotterConformance, type SnapshotterUnderTest } from '../conformance/snapshotter-conformance.ts';
import { readMounts } from '../host/index.ts';
import { openImages } from '../images/open-images.ts';
import { SyncJournal } from '../content/sync-journal.ts';
import { LayerStore } from '../layers/layer-store.ts';
import type { Snapshotter } from '../snapshots.contract.ts';
import { archive, sha256 } from '../testing/archives.ts';
import { OverlaySnapshotter } from './overlay-snapshotter.ts';
import { withOverlayOptions } from './overlay-options.ts';

const under = async (wrap: (make: () => Snapshotter) => Snapshotter): Promise<SnapshotterUnderTest> => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-snapshots-'));
  const layers = new LayerStore(join(directory, 'layers'), systemRandom, new SyncJournal(directory));
  await layers.open();
  const rootDir = join(directory, 'snapshots');
  const make = (): OverlaySnapshotter => new OverlaySnapshotter({ rootDir, layers, logger: silentLogger });
  await make().open();
  return {
    snapshots: wrap(make),
    async layer(entries) {
      const tar = archive(entries);
      await layers.unpack(sha256(tar), Readable.from([tar]));
      return sha256(tar);
    },
    directory: join(directory, 'mounts'),
    close: () => rm(directory, { recursive: true }),
  };
};

snapshotterConformance('OverlaySnapshotter', () => under((make) => make()));

/** What exists is on disk and in the mount table: nothing depends on which instance is asked. */
snapshotterConformance('A new OverlaySnapshotter for every call', () =>
  under((make) => ({
    mount: (...args) => make().mount(...args),
    unmount: (...args) => make().unmount(...args),
    remove: (...args) => make().remove(...args),
    usage: (...args) => make().usage(...args),
    list: () => make().list(),
  })),
);

describe('snapshots', () => {
  let directory: string;
  let store: Awaited<ReturnType<typeof openImages>>;
  const layer = archive([{ path: 'from-image', content: 'image' }]);
  const reopen = (): ReturnType<typeof openImages> =>
    openImages({ rootDir: join(directory, 'images'), snapshotsDir: join(directory, 'snapshots'), logger: silentLogger });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'berth-snapshots-'));
    store = await reopen();
    await store.images.layers.unpack(
      sha256(layer),
      (async function* () {
        yield layer;
      })(),
    );
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('tell a new instance their keys and layers', async () => {
    const target = join(directory, 'a');
    await store.snapshots.mount('a', [sha256(layer)], target);
    const again = await reopen();
    expect([await again.snapshots.list(), await again.snapshots.layersInUse()]).toEqual([['a'], [sha256(layer)]]);
    await again.snapshots.remove('a');
    expect([readMounts().some((entry) => entry.target === target), await readdir(join(directory, 'snapshots'))]).toEqual([false, []]);
  });

  it('name layers in full while that fits, and through a descriptor when not', async () => {
    const names = Array.from({ length: 100 }, (_n, i) => `layer-${i}`);
    const short = await withOverlayOptions({ root: directory, names: ['x', 'y'] }, ',rest', (options) => options);
    expect(short).toBe(`lowerdir=${directory}/x:${directory}/y,rest`);
    const deep = join(directory, 'a-directory-with-a-name-of-some-length');
    await mkdir(deep);
    const long = await withOverlayOptions({ root: deep, names }, ',rest', (options) => options);
    expect(long).toMatch(/^lowerdir=\/proc\/self\/fd\/\d+\/layer-0:\/proc\/self\/fd\/\d+\/layer-1:/);
    await expect(withOverlayOptions({ root: deep, names: [...names, ...names] }, '', String)).rejects.toThrow(
      '200 layers are more than one mount can take',
    );
  });
});
