import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '#telemetry';
import { readMounts, unmount } from '../host/index.ts';
import { openImages } from '../images/open-images.ts';
import { archive, sha256 } from '../testing/archives.ts';
import { withOverlayOptions } from './overlay-options.ts';

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

  it('keep the writable layer over a remount, a crash and a new instance', async () => {
    const target = join(directory, 'a');
    await store.snapshots.mount('a', [sha256(layer)], target);
    await writeFile(join(target, 'written'), 'kept');
    await store.snapshots.mount('a', [sha256(layer)], target);
    const again = await reopen();
    await again.snapshots.mount('a', [sha256(layer)], target);
    expect(readMounts().filter((entry) => entry.target === target).length).toBe(1);
    // What a machine that went down leaves: no mount, and overlay's own mark that the last one was never unmounted.
    await unmount(target);
    await again.snapshots.mount('a', [sha256(layer)], target);
    expect([await readFile(join(target, 'written'), 'utf8'), await readFile(join(target, 'from-image'), 'utf8')]).toEqual([
      'kept',
      'image',
    ]);
    expect([await again.snapshots.list(), await again.snapshots.layersInUse()]).toEqual([['a'], [sha256(layer)]]);
    await again.snapshots.remove('a');
    expect([readMounts().some((entry) => entry.target === target), await readdir(join(directory, 'snapshots'))]).toEqual([false, []]);
  });

  it('readonly refuses writes', async () => {
    const target = join(directory, 'ro');
    await store.snapshots.mount('ro', [sha256(layer)], target, { readonly: true });
    await expect(writeFile(join(target, 'x'), '')).rejects.toThrow('EROFS');
    await store.snapshots.remove('ro');
  });

  it('of a layer that is not here, and under a key that is no name, are refused', async () => {
    await expect(store.snapshots.mount('b', [sha256('absent')], join(directory, 'b'))).rejects.toMatchObject({ code: 'bad-image' });
    await expect(store.snapshots.mount('../b', [], join(directory, 'b'))).rejects.toThrow('no file name');
    await store.snapshots.remove('b');
    await expect(store.snapshots.remove('never')).resolves.toBeUndefined();
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
