import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decodeName, type Digest, digestOf, filePath } from '#base';
import { silentLogger } from '#telemetry';
import type { BuiltLayer } from '../building.contract.ts';
import { lgetxattr, llistxattr, lsetxattr } from '../host/index.ts';
import { openImages, type OpenedImages } from './open-images.ts';

let directory: string;
let store: OpenedImages;
let elsewhere: OpenedImages;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'built-layer-'));
  store = await openImages({ rootDir: join(directory, 'store'), logger: silentLogger });
  elsewhere = await openImages({ rootDir: join(directory, 'elsewhere'), logger: silentLogger });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a step does to the files of the layers below. */
async function step(
  lower: readonly Digest[],
  script: string,
  attributes: [path: string, name: string][] = [],
): Promise<BuiltLayer | undefined> {
  const upper = await store.building.newUpper();
  try {
    await store.building.withRoot(lower, upper.path, async (root) => {
      execFileSync('sh', ['-euc', script], { cwd: root });
      for (const [path, name] of attributes) lsetxattr(join(root, path), name, 'value');
    });
    return await store.building.commitLayer(upper.path, { timestampSeconds: 1000 });
  } finally {
    await upper.remove();
  }
}

async function bytesOf({ images }: OpenedImages, digest: Digest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await images.blobs.open(digest))()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Types, modes, owners, times, links, devices and attributes of everything but the root. */
function listing({ images }: OpenedImages, diffId: Digest): unknown[] {
  const root = images.layers.diff(diffId);
  const found = execFileSync('find', ['.', '-mindepth', '1', '-print0'], { cwd: root });
  const paths = decodeName(found).split('\0').filter(Boolean).sort();
  return paths.map((path) => {
    const at = join(root, path);
    const { mode, uid, gid, nlink, size, rdev, mtimeMs } = lstatSync(filePath(at));
    const attributes = llistxattr(at).map((name) => `${name}=${lgetxattr(at, name)?.toString()}`);
    if ((mode & 0o170000) === 0o020000 && rdev === 0) return [path, 'deleted']; // the kernel makes one inode of all of them
    const isDirectory = (mode & 0o170000) === 0o040000;
    return [
      path,
      mode,
      uid,
      gid,
      isDirectory || nlink,
      isDirectory || size,
      rdev,
      mtimeMs,
      (mode & 0o170000) === 0o120000 && readlinkSync(at),
      attributes,
    ];
  });
}

const base = 'mkdir -p keep gone opaque/sub; echo a >keep/file; echo b >gone/file; echo c >opaque/old; chmod 700 keep';
const steps: [what: string, script: string, attributes?: [string, string][]][] = [
  [
    'files, directories, links, modes and owners',
    'mkdir -p d/e; echo x >d/f; ln d/f d/g; ln -s ../absent d/l; chmod 4755 d/f; chown 12:34 d/e; chmod 1777 d/e',
  ],
  ['a change of a file below, with the directories above it', 'echo more >>keep/file'],
  ['deletions', 'rm -r gone; rm keep/file'],
  ['a directory that hides what was below', 'rm -r opaque; mkdir opaque; echo new >opaque/new'],
  [
    'pipes, devices and what is left out',
    'mkfifo p; mknod null c 1 3; mknod disk b 7 9; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\'sock\')"',
  ],
  [
    'names that are no UTF-8, and long ones',
    "touch \"$(printf 'caf\\351')\" \"$(printf '%0250d' 7)\"; mkdir -p $(printf '%0200d' 1)/$(printf '%0200d' 2); touch $(printf '%0200d' 1)/$(printf '%0200d' 2)/x",
  ],
  [
    'attributes',
    'touch with',
    [
      ['with', 'user.kept'],
      ['with', 'trusted.secret'],
    ],
  ],
  ['the root itself', 'chmod 700 .; touch marker'],
];

describe('a layer that was built', () => {
  it.each(steps.map(([what, script, attributes]) => ({ what, script, attributes })))(
    'of $what is what its archive unpacks to elsewhere',
    async ({ script, attributes }) => {
      const lower = (await step([], base))!;
      const layer = (await step([lower.diffId], script, attributes))!;
      const archive = await bytesOf(store, layer.diffId);
      expect([digestOf(archive), archive.length]).toEqual([layer.diffId, layer.descriptor.size]);
      await elsewhere.images.layers.unpack(layer.diffId, [archive] as unknown as AsyncIterable<Buffer>);
      expect(listing(store, layer.diffId)).toEqual(listing(elsewhere, layer.diffId));
      expect(await store.building.hasLayer(layer)).toBe(true);
    },
  );

  it('has no blob until it is packed, which happens once for each compression', async () => {
    const layer = (await step([], 'head -c 3000000 /dev/zero >zeros'))!;
    expect(await store.images.content.has(layer.diffId)).toBe(false);
    const gzip = await store.images.blobs.packed(layer.descriptor, 'gzip');
    const zstd = await store.images.blobs.packed(layer.descriptor, 'zstd');
    const [plain, ...unpacked] = [
      await bytesOf(store, layer.diffId),
      gunzipSync(await bytesOf(store, gzip.digest)),
      zstdDecompressSync(await bytesOf(store, zstd.digest)),
    ];
    for (const bytes of unpacked) expect(bytes.equals(plain)).toBe(true);
    expect([gzip.mediaType, zstd.mediaType]).toEqual([
      'application/vnd.oci.image.layer.v1.tar+gzip',
      'application/vnd.oci.image.layer.v1.tar+zstd',
    ]);
    expect(await store.images.blobs.packed(layer.descriptor, 'gzip')).toEqual(gzip);
    expect(await store.images.blobs.packed(gzip, 'zstd')).toBe(gzip);
  });

  it('that was pulled before has an archive as well', async () => {
    const upstream = (await step([], 'mkdir d; echo same >d/f'))!;
    const archive = await bytesOf(store, upstream.diffId);
    await store.images.layers.remove(upstream.diffId);
    await store.images.layers.unpack(upstream.diffId, [archive] as unknown as AsyncIterable<Buffer>);
    await expect(store.images.blobs.open(upstream.diffId)).rejects.toThrow('missing');
    const built = (await step([], 'mkdir d; echo same >d/f'))!;
    expect([built, await store.building.hasLayer(built)]).toEqual([upstream, true]);
    expect((await bytesOf(store, built.diffId)).equals(archive)).toBe(true);
  });

  it('that somebody has changed on the disk is not pushed', async () => {
    const layer = (await step([], 'echo honest >file'))!;
    execFileSync('sh', ['-c', 'echo forged >file'], { cwd: store.images.layers.diff(layer.diffId) });
    await expect(store.images.blobs.packed(layer.descriptor, 'gzip')).rejects.toThrow('have changed');
    expect(readdirSync(join(directory, 'store/ingest'))).toEqual([]);
  });

  it('of nothing but what no archive has is none, and leaves nothing', async () => {
    expect(await step([], ':')).toBeUndefined();
    mkdirSync(join(directory, 'store/building'), { recursive: true });
    expect(readdirSync(join(directory, 'store/building'))).toEqual([]);
  });
});
