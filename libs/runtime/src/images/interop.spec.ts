import { jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareNames, decodeName, filePath, mustRun } from '#base';
import { seededRandom } from '#base/testing';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import { lgetxattr, llistxattr } from '../host/index.ts';
import { archive, testImage, upload } from '../testing/archives.ts';
import { openImages, type OpenedImages } from './open-images.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(120_000);

/** The root file system that Berth mounts of an image, beside the one that umoci makes of it, entry by entry. */
let directory: string;
let served: ServedRegistry;
let opened: OpenedImages;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-interop-'));
  served = await serveRegistry(join(directory, 'registry'));
  opened = await openImages({ rootDir: join(directory, 'store'), logger: silentLogger });
});
afterAll(async () => {
  await served.close();
  await rm(directory, { recursive: true });
});

/** One line for each file below the root, with all that a layer says of it; hard links by the first name of their file. */
function listing(root: string): string[] {
  const firstNames = new Map<bigint, string>();
  const lines: string[] = [];
  const visit = (path: string): void => {
    const at = join(root, path);
    const stat = lstatSync(filePath(at), { bigint: true });
    const xattrs = llistxattr(at)
      .filter((name) => !name.startsWith('trusted.overlay.') && name !== 'user.rootlesscontainers')
      .toSorted(compareNames)
      .map((name) => `${name}=${lgetxattr(at, name)!.toString('hex')}`);
    const first = stat.isDirectory() ? path : (firstNames.get(stat.ino) ?? path);
    firstNames.set(stat.ino, first);
    const content = stat.isFile()
      ? createHash('sha256')
          .update(readFileSync(filePath(at)))
          .digest('hex')
      : stat.isSymbolicLink()
        ? decodeName(readlinkSync(filePath(at), 'buffer'))
        : '';
    const device = stat.isCharacterDevice() || stat.isBlockDevice() ? stat.rdev : 0n;
    const facts = [
      stat.mode.toString(8),
      stat.uid,
      stat.gid,
      device,
      stat.mtimeNs,
      stat.isDirectory() ? 0 : stat.size,
      first,
      content,
      ...xattrs,
    ];
    lines.push([JSON.stringify(path), ...facts].join(' '));
    if (!stat.isDirectory()) return;
    const names = readdirSync(filePath(at), { encoding: 'buffer' }).map(decodeName).toSorted(compareNames);
    for (const name of names) visit(join(path, name));
  };
  visit('');
  return lines.slice(1);
}

async function rootOfBerth<T>(reference: string, look: (root: string) => T): Promise<T> {
  const image = await opened.images.pull(reference);
  const target = await mkdtemp(join(directory, 'mounted-'));
  await opened.snapshots.mount('looked-at', image.diffIds, target, { readonly: true });
  try {
    return look(target);
  } finally {
    await opened.snapshots.remove('looked-at');
  }
}

async function rootOfUmoci(reference: string): Promise<string> {
  const layout = await mkdtemp(join(directory, 'layout-'));
  await mustRun(['skopeo', 'copy', '-q', '--src-tls-verify=false', `docker://${reference}`, `oci:${layout}:image`]);
  const bundle = join(await mkdtemp(join(directory, 'bundle-')), 'bundle');
  await mustRun(['umoci', 'unpack', '--image', `${layout}:image`, bundle]);
  return join(bundle, 'rootfs');
}

/** What GNU tar makes of a directory that a script fills. */
async function tarOf(script: string, ...options: string[]): Promise<Buffer> {
  const source = await mkdtemp(join(directory, 'source-'));
  await mustRun(['sh', '-euc', `cd ${source}; ${script}; find . -depth -exec touch -h -d '2020-02-03T04:05:06.123456789Z' {} +`]);
  await mustRun(['tar', ...options, '--xattrs', '--numeric-owner', '-C', source, '-cf', `${source}.tar`, '.']);
  return readFile(`${source}.tar`);
}

const everything = `
  mkdir -p dir/deep sticky setgid; chmod 1777 sticky; chmod 2755 setgid; chmod 700 dir/deep
  echo content > dir/file; chmod 640 dir/file; chown 12345:54321 dir/file
  echo tool > tool; chown 5:6 tool; chmod 6755 tool
  ln tool dir/hard; ln -s ../tool dir/soft; ln -s /absent dangling; ln -P dangling dir/hard-to-link; chown -h 7:8 dangling
  mknod char c 1 3; mknod block b 7 70000; mkfifo fifo; chmod 604 fifo
  truncate -s 3000000 holes; printf middle | dd of=holes bs=1 seek=1000000 conv=notrunc status=none; truncate -s 100000 all-hole
  name=$(printf 'n%.0s' $(seq 1 200)); mkdir -p "long-$name"; echo long > "long-$name/file-$name"; ln -s "$(printf 'x%.0s' $(seq 1 300))" long-link
  echo odd > "$(printf 'latin-\\344-\\377')"; echo new > "$(printf 'new\\nline')"; echo ü > 'ü'; chown 3000000:4000000 'ü'
  python3 -c "import os; os.setxattr('dir/file','user.note',b'with=equals')"`;

describe('one layer with all that archives can hold', () => {
  it.each([
    ['gnu', ['--format=gnu', '--sparse']],
    ['posix 0.1', ['--format=posix', '--sparse', '--sparse-version=0.1']],
    ['posix 1.0', ['--format=posix', '--sparse', '--sparse-version=1.0']],
    ['posix without holes', ['--format=posix']],
  ])('as GNU tar writes it: %s', async (format, options) => {
    const repository = `interop/${format.replaceAll(' ', '-')}`;
    const reference = `${served.host}/${repository}:v1`;
    const tar = await tarOf(everything, ...options);
    await upload(served.url, repository, 'v1', testImage([tar]));
    const theirs = listing(await rootOfUmoci(reference));
    expect(await rootOfBerth(reference, listing)).toEqual(theirs);
    expect(theirs.length).toBeGreaterThan(20);
  });
});

it('layers that change, hide and replace what lies below', async () => {
  const below = await tarOf(
    `${everything}; mkdir -p gone/deep hidden/deep becomes-file; echo x > gone/deep/x; echo x > hidden/deep/x; echo f > becomes-directory; echo a > modes`,
  );
  const above = archive([
    { path: '.wh.gone', mtime: 5 },
    { path: 'hidden/', type: 'directory', mtime: 11, mode: 0o711 },
    { path: 'hidden/.wh..wh..opq' },
    { path: 'hidden/new', content: 'new', mtime: 12 },
    { path: 'becomes-file', content: 'now a file', mtime: 13, mode: 0o4711 },
    { path: 'becomes-directory/', type: 'directory', mtime: 15, mode: 0o2770, uid: 9, gid: 10 },
    { path: 'becomes-directory/in', content: 'it', mtime: 14, xattrs: new Map([['user.x', Buffer.from([0, 255])]]) },
    { path: 'modes', content: 'changed', mtime: 16, mtimeNanos: 999_999_999, mode: 0 },
    { path: 'dir/', type: 'directory', mtime: 17, mode: 0o750 },
    { path: 'dir/.wh.file' },
    { path: 'tool-again', type: 'hardlink', linkPath: 'modes' },
  ]);
  const top = archive([
    { path: 'gone/', type: 'directory', mtime: 18 },
    { path: 'gone/back', content: 'back', mtime: 19 },
    { path: '.wh.sticky' },
  ]);
  const reference = `${served.host}/interop/changes:v1`;
  await upload(served.url, 'interop/changes', 'v1', testImage([below, above, top]));
  expect(await rootOfBerth(reference, listing)).toEqual(listing(await rootOfUmoci(reference)));
});

it('an image that umoci has made', async () => {
  const layout = join(directory, 'made');
  const bundle = join(directory, 'made-bundle');
  await mustRun(['umoci', 'init', '--layout', layout]);
  await mustRun(['umoci', 'new', '--image', `${layout}:v1`]);
  await mustRun(['umoci', 'unpack', '--image', `${layout}:v1`, bundle]);
  await mustRun(['sh', '-euc', `cd ${bundle}/rootfs; ${everything}`]);
  await mustRun(['umoci', 'repack', '--image', `${layout}:v1`, bundle]);
  await mustRun(['umoci', 'unpack', '--image', `${layout}:v1`, `${bundle}-2`]);
  await mustRun(['sh', '-euc', `cd ${bundle}-2/rootfs; rm -r dir/deep long-link; echo more > more; chmod 600 holes`]);
  await mustRun(['umoci', 'repack', '--image', `${layout}:v2`, `${bundle}-2`]);
  await mustRun(['umoci', 'config', '--image', `${layout}:v2`, '--config.cmd', '/tool', '--config.user', '5:6']);
  const reference = `${served.host}/interop/of-umoci:v2`;
  await mustRun(['skopeo', 'copy', '-q', '--dest-tls-verify=false', `oci:${layout}:v2`, `docker://${reference}`]);
  const theirs = listing(await rootOfUmoci(reference));
  expect(await rootOfBerth(reference, listing)).toEqual(theirs);
  expect((await opened.images.get(reference))?.config.config).toMatchObject({ Cmd: ['/tool'], User: '5:6' });
});

it('an image that Berth has made', async () => {
  const { path, remove } = await opened.building.newUpper();
  await mustRun(['sh', '-euc', `cd ${path}; ${everything}`]);
  await writeFile(join(path, 'random'), seededRandom(3).bytes(200_000));
  const layer = await opened.building.commitLayer(path, { timestampSeconds: 1_000_000_000 });
  await remove();
  const reference = `${served.host}/interop/of-berth:v1`;
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers' as const, diff_ids: [layer!.diffId] } };
  await opened.building.commitImage({ config, layers: [layer!], names: [reference] });
  await opened.images.push(reference);
  const ours = await rootOfBerth(reference, listing);
  expect(ours).toEqual(listing(await rootOfUmoci(reference)));
  expect(ours.find((line) => line.includes('"random"'))).toContain(' 1000000000000000000 200000 ');
});
