import { wantedMounts } from './mount-points.ts';
import { configShape, hostConfigShape } from './settings.ts';

const mounts = (host: object, volumes: string[] = []) =>
  wantedMounts(configShape({ Volumes: Object.fromEntries(volumes.map((path) => [path, {}])) }, ''), hostConfigShape(host, ''));

describe('what is mounted', () => {
  it.each<[string, object, object]>([
    ['a folder', { Binds: ['/src/../a:/b'] }, { Type: 'bind', Source: '/a', Destination: '/b', RW: true, Propagation: 'rprivate' }],
    [
      'a folder that is not written',
      { Binds: ['/a:/b/:ro,rslave'] },
      { Type: 'bind', Destination: '/b', RW: false, Propagation: 'rslave', Mode: 'ro,rslave' },
    ],
    ['a volume by name', { Binds: ['data:/b'] }, { Type: 'volume', Name: 'data', Destination: '/b', Mode: 'z' }],
    ['a volume that stays as it is', { Binds: ['data:/b:nocopy'] }, { Type: 'volume', Name: 'data', noCopy: true }],
    [
      'a mount of a folder',
      { Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true }] },
      { Type: 'bind', Source: '/a', RW: false },
    ],
    ['a mount of a volume without a name', { Mounts: [{ Type: 'volume', Target: '/b' }] }, { Type: 'volume', anonymous: true }],
    [
      'a tmpfs',
      { Tmpfs: { '/t': 'size=64m,mode=1777' } },
      { Type: 'tmpfs', Destination: '/t', options: ['noexec', 'nosuid', 'nodev', 'size=64m', 'mode=1777'] },
    ],
    [
      'a mount of a tmpfs',
      { Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 4096, Mode: 448 } }] },
      { options: ['noexec', 'nosuid', 'nodev', 'size=4096', 'mode=700'] },
    ],
  ])('%s', (_what, host, want) => expect(mounts(host)).toEqual([expect.objectContaining(want)]));

  it('covers the volumes of the image, each once', () => {
    const found = mounts({ Binds: ['data:/a'] }, ['/a/', '/b', '/c/../d']);
    expect(found.map(({ Destination, anonymous }) => [Destination, anonymous ?? false])).toEqual([
      ['/a', false],
      ['/b', true],
      ['/d', true],
    ]);
  });
});

describe('what is refused', () => {
  it.each<[object, number, string]>([
    [
      { Binds: ['x'] },
      500,
      "invalid volume specification: 'x': invalid mount config for type \"volume\": invalid mount path: 'x' mount path must be absolute",
    ],
    [
      { Binds: ['/a:b'] },
      500,
      "invalid volume specification: '/a:b': invalid mount config for type \"bind\": invalid mount path: 'b' mount path must be absolute",
    ],
    [{ Binds: ['/a:/'] }, 500, "invalid volume specification: '/a:/': invalid specification: destination can't be '/'"],
    [{ Binds: ['/a:/b:odd'] }, 500, "invalid volume specification: '/a:/b:odd': invalid mode: odd"],
    [{ Binds: ['/a:/b:ro:x'] }, 500, "invalid volume specification: '/a:/b:ro:x'"],
    [{ Binds: ['/a:/b', 'v1:/b'] }, 400, 'Duplicate mount point: /b'],
    [{ Mounts: [{ Type: 'bind', Target: '/b' }] }, 400, 'invalid mount config for type "bind": field Source must not be empty'],
    [
      { Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', TmpfsOptions: {} }] },
      400,
      'TmpfsOptions must not be specified on mount type "bind"',
    ],
    [
      { Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'sideways' } }] },
      400,
      'invalid mount config for type "bind": invalid propagation mode: sideways',
    ],
    [{ Mounts: [{ Type: 'npipe', Target: '/b' }] }, 400, 'invalid mount config for type "npipe": mount type unknown'],
    [{ Mounts: [{ Type: 'volume', Target: '' }] }, 400, 'invalid mount config for type "volume": field Target must not be empty'],
    [{ Tmpfs: { '/t': 'bind=/etc' } }, 400, 'invalid tmpfs option ["bind=/etc"]'],
    [{ Tmpfs: { t: '' } }, 400, 'invalid mount config for type "tmpfs": invalid mount path: \'t\' mount path must be absolute'],
  ])('%j', (host, status, message) => expect(() => mounts(host)).toThrow(expect.objectContaining({ status, message })));
});
