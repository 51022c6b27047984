import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from './remove-tree.ts';
import { deepDirectory } from './testing.ts';

describe('removeTree', () => {
  const root = mkdtempSync(join(tmpdir(), 'remove-tree-'));
  const doomed = join(root, 'doomed');
  afterAll(() => rmSync(root, { recursive: true }));

  it.each<[string, (path: string) => unknown]>([
    ['nothing', () => undefined],
    ['a file', (path) => writeFileSync(path, '')],
    ['directories deeper than a path may be long', (path) => deepDirectory(path)],
    ['names that are not UTF-8', (path) => (mkdirSync(path), writeFileSync(Buffer.from(`${path}/\xff`, 'latin1'), ''))],
    ['a link, and not where it leads', (path) => symlinkSync(root, path)],
  ])('removes %s', async (_what, make) => {
    make(doomed);
    await removeTree(doomed);
    expect(existsSync(root)).toBe(true);
    expect(existsSync(doomed)).toBe(false);
  });
});
