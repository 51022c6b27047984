import { Readable } from 'node:stream';
import { systemRandom } from '#base';
import type { StorageDriver } from '../drivers/contract.ts';

/** What every `StorageDriver` must do. Run it with each implementation; a fault found in one becomes a case here. */
export function driverConformance(name: string, make: () => Promise<{ driver: StorageDriver; close: () => Promise<void> }>): void {
  describe(`${name} keeps the contract of storage drivers`, () => {
    let driver: StorageDriver;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ driver, close } = await make());
      for (let times = 0; times < 2; times++) await driver.open();
    });
    afterEach(() => close());

    const textOf = async (path: string): Promise<string | undefined> => (await driver.read(path))?.toString();
    const namesIn = async (folder: string): Promise<string[]> => (await driver.list(folder)).map((entry) => entry.name).toSorted();
    const collect = async (path: string, first: number, last: number): Promise<Buffer> => {
      const pieces: Buffer[] = [];
      await driver.send(path, { first, last }, async (piece) => void pieces.push(Buffer.from(piece)));
      return Buffer.concat(pieces);
    };

    describe('put', () => {
      it.each(['', 'text', Buffer.from([0, 255, 10])])('keeps %j', async (content) => {
        await driver.put('a/b/c', content);
        expect(await driver.read('a/b/c')).toEqual(Buffer.from(content));
        expect(await driver.stat('a/b/c')).toMatchObject({ isFolder: false, sizeBytes: content.length });
      });

      it('replaces what was there, and leaves nothing beside it', async () => {
        for (const content of ['a longer one', 'short']) await driver.put('a/b', content);
        expect(await textOf('a/b')).toBe('short');
        expect([await namesIn(''), await namesIn('a')]).toEqual([['a'], ['b']]);
      });

      it('by several at once leaves one of them whole', async () => {
        const contents = Array.from({ length: 8 }, (_n, i) => String(i).repeat(1000 * (i + 1)));
        await Promise.all(contents.map((content) => driver.put('a/b', content)));
        expect(contents).toContain(await textOf('a/b'));
        expect([await namesIn(''), await namesIn('a')]).toEqual([['a'], ['b']]);
      });

      it('keeps its own bytes, and hands out copies', async () => {
        const content = Buffer.from('kept');
        await driver.put('a/b', content);
        content.fill(0);
        (await driver.read('a/b'))!.fill(0);
        expect(await textOf('a/b')).toBe('kept');
      });
    });

    describe('append', () => {
      it('makes a file, also an empty one, and adds to its end', async () => {
        await driver.append('a/b', Readable.from([]));
        expect(await driver.stat('a/b')).toMatchObject({ isFolder: false, sizeBytes: 0 });
        for (const text of ['one ', 'two']) await driver.append('a/b', Readable.from([Buffer.from(text)]));
        expect(await textOf('a/b')).toBe('one two');
      });

      it('takes pieces of any size and number, and tells each in order', async () => {
        const pieces = [1, 70_000, 3, 1_500_000, 1, 999_999].map((length) => systemRandom.bytes(length));
        const seen: Buffer[] = [];
        await driver.append('a/b', Readable.from(pieces), (piece) => void seen.push(Buffer.from(piece)));
        expect((await driver.read('a/b'))!.equals(Buffer.concat(pieces))).toBe(true);
        expect(Buffer.concat(seen).equals(Buffer.concat(pieces))).toBe(true);
      });

      it('keeps what came before its source failed', async () => {
        const breaking = async function* (): AsyncGenerator<Buffer> {
          yield Buffer.from('came');
          throw new Error('the line is dead');
        };
        await expect(driver.append('a/b', breaking())).rejects.toThrow('the line is dead');
        expect(await textOf('a/b')).toBe('came');
      });
    });

    it('commit moves a file into a new folder, and over one that is there', async () => {
      await driver.put('to/b', 'old');
      for (const to of ['new/folder/b', 'to/b']) {
        await driver.append('from/a', Readable.from([Buffer.from('bytes')]));
        await driver.commit('from/a', to);
        expect([await textOf(to), await driver.stat('from/a')]).toEqual(['bytes', undefined]);
      }
      await expect(driver.commit('from/a', 'to/c')).rejects.toThrow();
      expect(await driver.stat('to/c')).toBeUndefined();
    });

    describe('send', () => {
      const content = systemRandom.bytes(1_000_000);
      beforeEach(() => driver.put('a/b', content));

      it.each([
        { first: 0, last: 0 },
        { first: 999_999, last: 999_999 },
        { first: 0, last: 999_999 },
        { first: 262_144, last: 524_287 },
        { first: 262_143, last: 524_288 },
      ])('hands out bytes $first to $last', async ({ first, last }) => {
        expect((await collect('a/b', first, last)).equals(content.subarray(first, last + 1))).toBe(true);
      });

      it('leaves a piece alone while its receiver has it, and hands out the next one after that', async () => {
        let taking = 0;
        const sums: boolean[] = [];
        let at = 0;
        await driver.send('a/b', { first: 0, last: content.length - 1 }, async (piece) => {
          expect(++taking).toBe(1);
          for (let turns = 0; turns < 5; turns++) await driver.stat('a/b'); // reads that are under way get through
          sums.push(piece.equals(content.subarray(at, at + piece.length)));
          at += piece.length;
          taking--;
        });
        expect([at, sums.every(Boolean)]).toEqual([content.length, true]);
      });

      it('ends with what its receiver throws, whichever piece it was at', async () => {
        const refuse = async (): Promise<void> => {
          throw new Error('gone');
        };
        await expect(driver.send('a/b', { first: 0, last: 999_999 }, refuse)).rejects.toThrow('gone');
        await expect(driver.send('a/b', { first: 5, last: 5 }, refuse)).rejects.toThrow('gone');
      });

      it('of what is not there, or not that long, is refused', async () => {
        await expect(collect('a/none', 0, 0)).rejects.toThrow();
        await expect(collect('a/b', 0, 1_000_000)).rejects.toThrow('ends at 1000000');
      });
    });

    it('list tells files and folders, and nothing of what lies deeper', async () => {
      for (const path of ['a/file', 'a/folder/deep/er', 'b']) await driver.put(path, '');
      const entries = (await driver.list('a')).toSorted((x, y) => (x.name < y.name ? -1 : 1));
      expect(entries).toEqual([
        { name: 'file', isFolder: false },
        { name: 'folder', isFolder: true },
      ]);
      expect(await namesIn('')).toEqual(['a', 'b']);
    });

    it('touch says when a file was changed last, until it is written again', async () => {
      const at = new Date('2020-01-02T03:04:05Z');
      await driver.put('a/b', '');
      expect(await driver.touch('a/b', at)).toBe(true);
      expect((await driver.stat('a/b'))?.changedAtMs).toBe(at.getTime());
      await driver.append('a/b', Readable.from([Buffer.from('x')]));
      expect((await driver.stat('a/b'))?.changedAtMs).toBeGreaterThan(at.getTime());
      expect(await driver.touch('a/none', at)).toBe(false);
      expect(await driver.stat('a/none')).toBeUndefined();
    });

    describe('removeUntouched', () => {
      const old = new Date('2020-01-02T03:04:05Z');
      const [before, after] = [old.getTime() - 1, old.getTime() + 1] as const;
      beforeEach(async () => {
        await driver.put('a/b', 'content');
        await driver.touch('a/b', old);
      });

      it('takes what nobody has touched since, and no other file', async () => {
        await driver.put('a/c', '');
        expect([await driver.removeUntouched('a/b', before), await textOf('a/b')]).toEqual([false, 'content']);
        expect([await driver.removeUntouched('a/b', after), await driver.stat('a/b')]).toEqual([true, undefined]);
        expect([await driver.removeUntouched('a/b', after), await driver.removeUntouched('a', Date.parse('2100-01-01'))]).toEqual([
          false,
          false,
        ]);
        expect([await namesIn(''), await namesIn('a')]).toEqual([['a'], ['c']]);
      });

      it('never takes what a touch has been answered true for, or a put has made anew', async () => {
        const now = new Date('2020-06-01T00:00:00Z');
        for (let times = 0; times < 40; times++) {
          await driver.put('a/b', 'content');
          await driver.touch('a/b', old);
          const again = times % 2 === 0 ? driver.touch('a/b', now) : driver.put('a/b', 'anew').then(() => true);
          const [removed, kept] = await Promise.all([driver.removeUntouched('a/b', after), again]);
          const found = await textOf('a/b');
          if (kept) expect([times, found]).toEqual([times, times % 2 === 0 ? 'content' : 'anew']);
          else expect([removed, found]).toEqual([true, undefined]);
        }
      });
    });

    it('remove takes a file, and a folder with everything in it; the folder that it was in stays', async () => {
      for (const path of ['a/b/c', 'a/b/d', 'a/e']) await driver.put(path, '');
      expect([await driver.remove('a/e'), await driver.remove('a/e')]).toEqual([true, false]);
      expect(await namesIn('a')).toEqual(['b']);
      expect([await driver.remove('a/b'), await driver.stat('a/b/c'), await driver.list('a/b')]).toEqual([true, undefined, []]);
      expect(await driver.stat('a')).toMatchObject({ isFolder: true });
    });

    it.each(['none', 'a/none', 'a/file/below'])('there is nothing at %s', async (path) => {
      await driver.put('a/file', '');
      expect([await driver.stat(path), await driver.list(path), await driver.read(path), await driver.remove(path)]).toEqual([
        undefined,
        [],
        undefined,
        false,
      ]);
      expect(await driver.list('a/file')).toEqual([]);
    });

    it.each(['/a', 'a/', 'a//b', '..', 'a/../b', './a', 'a/.', 'a\0b'])('refuses the path %j', async (path) => {
      const calls = [
        driver.stat(path),
        driver.list(path),
        driver.read(path),
        driver.put(path, ''),
        driver.commit(path, 'x'),
        driver.remove(path),
      ];
      for (const { status, reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[])
        expect([status, reason]).toEqual(['rejected', expect.any(RangeError)]);
    });
  });
}
