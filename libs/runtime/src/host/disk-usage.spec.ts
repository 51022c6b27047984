import { linkSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '#base';
import { deepDirectory } from '#base/testing';
import { diskUsage } from './disk-usage.ts';

const megabyte = Buffer.alloc(1 << 20, 1);

describe('diskUsage', () => {
  const root = mkdtempSync(join(tmpdir(), 'disk-usage-'));
  afterAll(() => removeTree(root));

  it.each<[string, number, (directory: string) => void]>([
    ['nothing', 0, () => undefined],
    ['a file', 1, (at) => writeFileSync(join(at, 'a'), megabyte)],
    ['hard links once', 1, (at) => (writeFileSync(join(at, 'a'), megabyte), linkSync(join(at, 'a'), join(at, 'b')))],
    ['files whose names are not UTF-8', 1, (at) => writeFileSync(Buffer.from(`${at}/\xff`, 'latin1'), megabyte)],
    ['files deeper than a path may be long', 1, (at) => deepDirectory(join(at, 'deep'), megabyte)],
  ])('counts %s', async (what, megabytes, fill) => {
    const directory = join(root, what);
    mkdirSync(directory);
    fill(directory);
    expect(Math.floor((await diskUsage(directory)).bytes / (1 << 20))).toBe(megabytes);
  });

  it('counts nothing where nothing is', async () => {
    expect(await diskUsage(join(root, 'none'))).toEqual({ bytes: 0, inodes: 0 });
  });

  it('counts inodes at any depth', async () => {
    const { inodes } = await diskUsage(join(root, 'files deeper than a path may be long'));
    expect(inodes).toBeGreaterThan(20);
  });
});
