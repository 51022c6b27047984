import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '#base';
import { readMounts, unmount } from '../host/index.ts';
import type { SnapshotOptions, Snapshotter } from '../snapshots.contract.ts';
import type { EntrySpec } from '../testing/archives.ts';

/** A snapshotter, and what its suite needs beside it. */
export interface SnapshotterUnderTest {
  snapshots: Snapshotter;
  /** Makes a layer that it can mount. */
  layer(entries: readonly EntrySpec[]): Promise<Digest>;
  /** Where the suite may mount. */
  directory: string;
  close(): Promise<void>;
}

/** What every `Snapshotter` must do. Run it with each implementation; a fault found in one becomes a case here. Needs root. */
export function snapshotterConformance(name: string, make: () => Promise<SnapshotterUnderTest>): void {
  describe(`${name} keeps the contract of snapshotters`, () => {
    let under: SnapshotterUnderTest;
    let snapshots: Snapshotter;
    let [bottom, top]: Digest[] = [];
    let sequence = 0;

    beforeAll(async () => {
      under = await make();
      ({ snapshots } = under);
      bottom = await under.layer([
        { path: 'both', content: 'below' },
        { path: 'gone', content: 'below' },
        { path: 'kept', content: 'below' },
      ]);
      top = await under.layer([{ path: 'both', content: 'above' }, { path: '.wh.gone' }]);
    });
    afterEach(async () => {
      for (const key of await snapshots.list()) await snapshots.remove(key);
      expect(mountsBelow(under.directory)).toEqual([]);
    });
    afterAll(() => under.close());

    const fresh = (): { key: string; target: string } => {
      const key = `k${sequence++}`;
      return { key, target: join(under.directory, key) };
    };
    const mounted = async (diffIds: readonly Digest[] = [bottom!, top!], options?: SnapshotOptions) => {
      const { key, target } = fresh();
      await snapshots.mount(key, diffIds, target, options);
      return { key, target, at: (file: string): string => join(target, file) };
    };

    it('shows the layers over one another, the last one on top', async () => {
      const { target, at } = await mounted();
      expect((await readdir(target)).toSorted()).toEqual(['both', 'kept']);
      expect([await readFile(at('both'), 'utf8'), await readFile(at('kept'), 'utf8')]).toEqual(['above', 'below']);
    });

    it.each([
      { layers: 'no layers', diffIds: () => [], files: [] },
      { layers: 'a layer twice', diffIds: () => [top!, bottom!, top!], files: ['both', 'kept'] },
    ])('mounts $layers', async ({ diffIds, files }) => {
      const { target } = await mounted(diffIds());
      expect((await readdir(target)).toSorted()).toEqual(files);
      await writeFile(join(target, 'new'), '');
    });

    it('keeps what is written to its key: others on the same layers do not see it', async () => {
      const [one, other] = [await mounted(), await mounted()];
      await writeFile(one.at('kept'), 'written');
      await rm(one.at('both'));
      expect([await readFile(other.at('kept'), 'utf8'), (await readdir(other.target)).toSorted()]).toEqual(['below', ['both', 'kept']]);
      await snapshots.remove(one.key);
      expect(await readFile((await mounted()).at('kept'), 'utf8')).toBe('below');
    });

    it('mounts a key once, and what was written stays, over a remount and after a machine that went down', async () => {
      const { key, target, at } = await mounted();
      await writeFile(at('written'), 'kept');
      for (const lost of [false, true]) {
        if (lost) await unmount(target);
        await snapshots.mount(key, [bottom!, top!], target);
        expect([await readFile(at('written'), 'utf8'), mountsBelow(target)]).toEqual(['kept', [target]]);
      }
    });

    it.each([{ durable: false }, { durable: true }])('unmount keeps what was written for the next mount ($durable)', async (options) => {
      const { key, target, at } = await mounted([bottom!], options);
      await writeFile(at('written'), 'kept');
      for (let times = 0; times < 2; times++) await snapshots.unmount(key);
      expect([mountsBelow(target), await snapshots.list(), (await snapshots.usage(key)).inodes]).toEqual([[], [key], 2]);
      await snapshots.mount(key, [bottom!], target, options);
      expect(await readFile(at('written'), 'utf8')).toBe('kept');
      await snapshots.unmount('never');
    });

    it('moves a key that is mounted elsewhere', async () => {
      const { key, target, at } = await mounted();
      await writeFile(at('written'), 'kept');
      const { target: elsewhere } = fresh();
      await snapshots.mount(key, [bottom!, top!], elsewhere);
      expect(await readFile(join(elsewhere, 'written'), 'utf8')).toBe('kept');
      expect(mountsBelow(under.directory)).toEqual([elsewhere]);
      expect(await readdir(target)).toEqual([]);
    });

    it('readonly refuses writes', async () => {
      const { at } = await mounted([bottom!], { readonly: true });
      await expect(writeFile(at('x'), '')).rejects.toThrow('EROFS');
      expect(await readFile(at('kept'), 'utf8')).toBe('below');
    });

    it('remove takes mount, files and key, also while a file is open, and leaves the key free', async () => {
      const { key, target, at } = await mounted();
      const file = await open(at('written'), 'w');
      await snapshots.remove(key);
      expect([mountsBelow(target), await snapshots.list()]).toEqual([[], []]);
      await file.close();
      await snapshots.remove(key);
      await snapshots.mount(key, [bottom!], target);
      expect((await readdir(target)).toSorted()).toEqual(['both', 'gone', 'kept']);
    });

    it('counts what is written and nothing of the layers', async () => {
      const { key, at } = await mounted();
      const before = await snapshots.usage(key);
      expect(before.bytes).toBeLessThan(64 * 1024);
      await writeFile(at('big'), Buffer.alloc(256 * 1024, 1));
      await mkdir(at('directory'));
      const after = await snapshots.usage(key);
      expect(after.bytes - before.bytes).toBeGreaterThanOrEqual(256 * 1024);
      expect(after.inodes - before.inodes).toBe(2);
      expect(await snapshots.usage('never')).toEqual({ bytes: 0, inodes: 0 });
    });

    it('lists the keys that there are', async () => {
      const keys = [await mounted(), await mounted([], { readonly: true })].map(({ key }) => key);
      expect((await snapshots.list()).toSorted()).toEqual(keys);
    });

    it('refuses a layer that is not here, and remove takes what was begun', async () => {
      const { key, target } = fresh();
      const absent: Digest = `sha256:${'0'.repeat(64)}`;
      await expect(snapshots.mount(key, [bottom!, absent], target)).rejects.toMatchObject({ code: 'bad-image' });
      expect(mountsBelow(target)).toEqual([]);
      await snapshots.remove(key);
      expect(await snapshots.list()).toEqual([]);
    });

    it.each(['../outside', 'a/b', '', '.', '..', '.hidden', 'a\0b', 'x'.repeat(256)])('refuses the key %j', async (key) => {
      const { target } = fresh();
      await expect(snapshots.mount(key, [], target)).rejects.toThrow('is no file name');
      await expect(snapshots.remove(key)).rejects.toThrow('is no file name');
      await expect(snapshots.unmount(key)).rejects.toThrow('is no file name');
      await expect(snapshots.usage(key)).rejects.toThrow('is no file name');
    });
  });
}

const mountsBelow = (directory: string): string[] =>
  readMounts()
    .map(({ target }) => target)
    .filter((target) => target === directory || target.startsWith(`${directory}/`));
