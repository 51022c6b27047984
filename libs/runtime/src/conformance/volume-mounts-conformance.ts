import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VolumeMounts } from '../volumes.contract.ts';

/** What all `VolumeMounts` must do, those of the kernel and those that only take note. A fault found in one becomes a case here. */
export function volumeMountsConformance(
  name: string,
  make: () => Pick<VolumeMounts, 'tmpfs' | 'unmount' | 'mountsBelow' | 'bindWithin'>,
): void {
  describe(`${name} keeps the contract of volume mounts`, () => {
    const mounts = make();
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'berth-mounts-'));
    });
    afterEach(async () => {
      for (const target of mounts.mountsBelow(directory)) await mounts.unmount(target);
      rmSync(directory, { recursive: true });
    });
    const at = (...parts: string[]): string => join(directory, ...parts);

    it('tmpfs is there once, with what is in it, however often it is asked for', () => {
      for (let times = 0; times < 2; times++) {
        mounts.tmpfs(at('new', 'volume'), { mode: 0o1777, sizeBytes: 1 << 20 });
        expect([mounts.mountsBelow(directory), existsSync(at('new', 'volume', 'file'))]).toEqual([[at('new', 'volume')], times > 0]);
        writeFileSync(at('new', 'volume', 'file'), '');
      }
    });

    it('unmount takes the mount and what was in the tmpfs, and what is not mounted is no error', async () => {
      mounts.tmpfs(at('volume'), { mode: 0o755 });
      writeFileSync(at('volume', 'file'), '');
      for (let times = 0; times < 2; times++) await mounts.unmount(at('volume'));
      await mounts.unmount(at('never'));
      expect([mounts.mountsBelow(directory), existsSync(at('volume')), existsSync(at('volume', 'file'))]).toEqual([[], true, false]);
    });

    it('mountsBelow tells what is at or below a directory and nothing beside it, so that each can be unmounted in turn', async () => {
      for (const path of ['a', 'a/in', 'a/in/deep', 'ab', 'a/by']) mounts.tmpfs(at(path), { mode: 0o755 });
      const found = mounts.mountsBelow(at('a'));
      expect(found.toSorted()).toEqual([at('a'), at('a/by'), at('a/in'), at('a/in/deep')]);
      expect(found.indexOf(at('a/in/deep'))).toBeLessThan(found.indexOf(at('a/in')));
      expect(found.at(-1)).toBe(at('a'));
      expect(mounts.mountsBelow(at('a/in'))).toEqual([at('a/in/deep'), at('a/in')]);
      for (const target of found) await mounts.unmount(target);
      expect(mounts.mountsBelow(directory)).toEqual([at('ab')]);
    });

    it('bindWithin binds to a place that it makes, once, and makes a directory where nothing is', () => {
      mkdirSync(at('volume'));
      for (let times = 0; times < 2; times++) {
        mounts.bindWithin(at('volume'), 'not/yet', at('some', 'target'));
        expect(mounts.mountsBelow(directory)).toEqual([at('some', 'target')]);
      }
      expect(existsSync(at('volume', 'not', 'yet'))).toBe(true);
    });
  });
}
