import type { RootFiles } from '#runtime/filesystems.contract';
import { absolutePath, baseName, goFileMode, pathStatHeader } from './path-stat.ts';

it.each([
  ['etc', '/etc', 'etc'],
  ['/etc/', '/etc/', 'etc'],
  ['/etc/.', '/etc/.', '.'],
  ['/a/../b', '/b', 'b'],
  ['../../x', '/x', 'x'],
  ['/', '/', '/'],
  ['.', '/.', '.'],
  ['/.', '/.', '.'],
  ['//a//b', '/a/b', 'b'],
])('%j is %j, called %j', (path, absolute, base) => {
  expect([absolutePath(path), baseName(absolutePath(path))]).toEqual([absolute, base]);
});

// As `docker cp` prints them: Go's os.FileMode.
it.each([
  ['file', 0o644, 420],
  ['directory', 0o755, 2147484141],
  ['directory', 0o1777, 2148532735],
  ['symlink', 0o777, 134218239],
  ['file', 0o4755, 8389101],
  ['character', 0o620, 69206416],
  ['fifo', 0o644, 33554852],
] as const)('a %s of mode %i is %i in Go', (type, mode, want) => expect(goFileMode({ type, mode })).toBe(want));

it('tells of a path in base64', () => {
  const stat = { type: 'symlink', mode: 0o777, sizeBytes: 3, mtimeNs: 1_700_000_000_120_000_000n } as const;
  const header = pathStatHeader({ resolve: () => '/etc/passwd' } as unknown as RootFiles, '/d/link', stat);
  expect(JSON.parse(Buffer.from(header, 'base64').toString())).toEqual({
    name: 'link',
    size: 3,
    mode: 134218239,
    mtime: '2023-11-14T22:13:20.12Z',
    linkTarget: '/etc/passwd',
  });
});
