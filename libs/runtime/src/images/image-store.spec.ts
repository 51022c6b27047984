import { jest } from '@jest/globals';
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { type Clock, systemClock } from '#base';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import type { OverlaySnapshotter } from '../snapshots/overlay-snapshotter.ts';
import { archive, sha256, testImage, upload } from '../testing/archives.ts';
import type { ImageStore } from './image-store.ts';
import { openImages } from './open-images.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

/** Back-off is not waited for. */
const impatient: Clock = { ...systemClock, sleep: async () => undefined };

let directory: string;
let served: ServedRegistry;
let images: ImageStore;
let snapshots: OverlaySnapshotter;
let stores = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-images-'));
  served = await serveRegistry(join(directory, 'registry'));
});
beforeEach(async () => {
  ({ images, snapshots } = await open(join(directory, `store-${stores++}`)));
});
afterAll(async () => {
  await served.close();
  await rm(directory, { recursive: true });
});

const open = (rootDir: string, mirrors = new Map<string, string>()): ReturnType<typeof openImages> =>
  openImages({ rootDir, mirrors, logger: silentLogger, clock: impatient });

const base = archive([
  { path: 'etc/', type: 'directory' },
  { path: 'etc/motd', content: 'base\n', mode: 0o640, uid: 5, gid: 6 },
  { path: 'etc/gone', content: 'x' },
  { path: 'opt/', type: 'directory' },
  { path: 'opt/old', content: 'old' },
]);
const top = archive([
  { path: 'etc/', type: 'directory' },
  { path: 'etc/.wh.gone' },
  { path: 'opt/', type: 'directory' },
  { path: 'opt/.wh..wh..opq' },
  { path: 'opt/new', content: 'new' },
]);

describe('pull', () => {
  it('fetches, unpacks and mounts the layers of an image', async () => {
    await upload(served.url, 'demo/app', 'v1', testImage([base, top], { config: { Cmd: ['/bin/demo'] } }));
    const progress: number[] = [];
    const image = await images.pull(`${served.host}/demo/app:v1`, { onProgress: ({ doneBytes }) => progress.push(doneBytes) });
    expect(image.names).toEqual([`${served.host}/demo/app:v1`]);
    expect(image.repoDigests[0]).toMatch(/^127\.0\.0\.1:\d+\/demo\/app@sha256:[0-9a-f]{64}$/);
    expect([image.config.config?.Cmd, image.diffIds.length, progress.length > 0]).toEqual([['/bin/demo'], 2, true]);
    const target = join(directory, 'mounted');
    await snapshots.mount('one', image.diffIds, target);
    try {
      expect((await readdir(join(target, 'etc'))).sort()).toEqual(['motd']);
      expect(await readdir(join(target, 'opt'))).toEqual(['new']);
      const motd = await lstat(join(target, 'etc/motd'));
      expect([motd.mode & 0o7777, motd.uid, motd.gid]).toEqual([0o640, 5, 6]);
      await writeFile(join(target, 'written'), 'by the container');
      expect(await snapshots.list()).toEqual(['one']);
      expect((await snapshots.usage('one')).inodes).toBe(2);
      expect(await images.collectGarbage()).toEqual({ removedBytes: 0 });
    } finally {
      await snapshots.remove('one');
    }
    expect([await readdir(target), await snapshots.list()]).toEqual([[], []]);
    await snapshots.remove('one');
  });

  it('by digest, by id, from an index, plain and zstd', async () => {
    const image = testImage([base], { created: '2026-01-01T00:00:00Z' }, (tar) => zstdCompressSync(tar));
    await upload(
      served.url,
      'demo/multi',
      'arm',
      testImage([top], { architecture: 'arm64' }, (tar) => tar),
    );
    await upload(served.url, 'demo/multi', 'amd', image);
    const entry = (bytes: Buffer, architecture: string): object => ({
      mediaType: image.manifest.mediaType,
      digest: sha256(bytes),
      size: bytes.length,
      platform: { os: 'linux', architecture },
    });
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      manifests: [entry(image.manifest.bytes, process.arch === 'arm64' ? 'arm64' : 'amd64')],
    });
    const pushed = await fetch(`${served.url}/v2/demo/multi/manifests/all`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: index,
    });
    expect(pushed.status).toBe(201);
    const name = `${served.host}/demo/multi`;
    const byDigest = await images.pull(`${name}@${sha256(index)}`);
    expect([byDigest.id, byDigest.names, byDigest.repoDigests]).toEqual([sha256(image.config), [], [`${name}@${sha256(index)}`]]);
    expect((await images.get(byDigest.id))?.id).toBe(byDigest.id);
    expect((await images.get(`${name}@${sha256(index)}`))?.id).toBe(byDigest.id);
    expect((await images.pull(`${name}:all`)).names).toEqual([`${name}:all`]);
    expect((await images.pull(`${name}:arm`)).diffIds).toEqual([sha256(top)]);
  });

  it('a tag that moved leaves its name', async () => {
    const name = `${served.host}/demo/moves:v1`;
    await upload(served.url, 'demo/moves', 'v1', testImage([base]));
    const before = await images.pull(name);
    await upload(served.url, 'demo/moves', 'v1', testImage([base, top]));
    const after = await images.pull(name);
    expect([(await images.get(name))?.id, (await images.get(before.id))?.names]).toEqual([after.id, []]);
    expect((await images.list()).length).toBe(2);
  });

  it('survives a restart and collects what nothing names', async () => {
    const root = join(directory, 'restarted');
    await upload(served.url, 'demo/kept', 'v1', testImage([base, top]));
    const first = await open(root);
    await first.images.pull(`${served.host}/demo/kept:v1`);
    const second = await open(root);
    expect((await second.images.list()).map(({ names }) => names)).toEqual([[`${served.host}/demo/kept:v1`]]);
    expect((await second.images.collectGarbage()).removedBytes).toBe(0);
    await second.images.remove(`${served.host}/demo/kept:v1`);
    expect(await second.images.list()).toEqual([]);
    expect((await second.images.collectGarbage()).removedBytes).toBeGreaterThan(base.length);
    expect([await readdir(join(root, 'blobs/sha256')), (await readdir(join(root, 'layers'))).sort()]).toEqual([[], ['l', 'unpacking']]);
  });

  it('is not collected in the moment before it is known', async () => {
    await upload(served.url, 'demo/early', 'v1', testImage([base, top]));
    const put = images.records.put.bind(images.records);
    images.records.put = async (record) => {
      await images.collectGarbage();
      return put(record);
    };
    const { diffIds } = await images.pull(`${served.host}/demo/early:v1`);
    expect(await Promise.all(diffIds.map((diffId) => images.layers.has(diffId)))).toEqual([true, true]);
  });

  it.each([
    ['Bad/Name', 'invalid-image-name'],
    ['a::b', 'invalid-image-name'],
    ['', 'invalid-image-name'],
    ['HOST/absent:v1', 'image-not-found'],
    ['127.0.0.1:1/absent', 'registry-unavailable'],
  ])(
    '%s is %s',
    async (reference, code) => {
      await expect(images.pull(reference.replace('HOST', served.host))).rejects.toMatchObject({ code });
    },
    15_000,
  );

  it.each<[string, () => Parameters<typeof upload>[3]]>([
    ['another diffID than the config says', () => testImage([base], { rootfs: { type: 'layers', diff_ids: [sha256('other')] } })],
    ['fewer diffIDs than layers', () => testImage([base, top], { rootfs: { type: 'layers', diff_ids: [sha256(base)] } })],
    ['a layer that is cut off', () => testImage([base], {}, (tar) => tar.subarray(0, 1536 + 100))],
    ['a layer that leads outside', () => testImage([archive([{ path: '../outside', content: 'x' }])])],
  ])('%s is a bad image, and nothing of it stays', async (_what, make) => {
    await upload(served.url, 'demo/bad', 'v1', make());
    await expect(images.pull(`${served.host}/demo/bad:v1`)).rejects.toMatchObject({ code: 'bad-image' });
    expect([await images.list(), await images.layers.list()]).toEqual([[], []]);
    expect(await readdir(join(images.layers.root, 'unpacking'))).toEqual([]);
  });
});

describe('push', () => {
  it('and pull elsewhere give the same image', async () => {
    await upload(served.url, 'demo/src', 'v1', testImage([base, top]));
    const source = await images.pull(`${served.host}/demo/src:v1`);
    await images.tag(`${served.host}/demo/src:v1`, `${served.host}/demo/dst:v2`);
    const { digest } = await images.push(`${served.host}/demo/dst:v2`);
    const other = await open(join(directory, 'elsewhere'));
    const pulled = await other.images.pull(`${served.host}/demo/dst:v2`);
    expect([pulled.id, pulled.diffIds, pulled.repoDigests]).toEqual([source.id, source.diffIds, [`${served.host}/demo/dst@${digest}`]]);
    await expect(images.push(`${served.host}/demo/unknown`)).rejects.toMatchObject({ code: 'image-not-found' });
  });
});

describe('a registry with moods', () => {
  /** In front of the registry: each test says how it behaves. */
  let front: Server;
  let misbehave: (request: IncomingMessage, response: ServerResponse) => boolean;
  let host: string;
  const seen: string[] = [];

  beforeAll(async () => {
    front = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`.trim());
      if (misbehave(request, response)) return;
      void served.registry.handle(request, response);
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(front.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    seen.length = 0;
    misbehave = () => false;
  });
  afterAll(() => {
    front.close();
    front.closeAllConnections();
  });

  it('takes a broken transfer up where it broke', async () => {
    const big = archive([{ path: 'big', content: Buffer.alloc(3_000_000, 'random?') }]);
    const image = testImage([big], {}, (tar) => tar);
    await upload(served.url, 'demo/flaky', 'v1', image);
    const path = `/v2/demo/flaky/blobs/${sha256(image.blobs[0]!)}`;
    let broken = false;
    misbehave = (request, response) => {
      if (request.url !== path || broken) return false;
      broken = true;
      response.writeHead(200, { 'content-length': image.blobs[0]!.length });
      response.write(image.blobs[0]!.subarray(0, 1_000_000), () => response.destroy());
      return true;
    };
    const pulled = await images.pull(`${host}/demo/flaky:v1`);
    expect(pulled.diffIds).toEqual(image.diffIds);
    expect(seen.filter((line) => line.startsWith(`GET ${path}`)).length).toBe(2);
    expect(seen.at(-1)).toMatch(/bytes=[1-9]\d*-$/);
  });

  it('answers challenges with a token, and asks for it once', async () => {
    await upload(served.url, 'demo/private', 'v1', testImage([base]));
    misbehave = (request, response) => {
      if (request.url?.startsWith('/token')) {
        const good = request.headers.authorization === `Basic ${Buffer.from('me:secret').toString('base64')}`;
        response.writeHead(good ? 200 : 401).end(JSON.stringify({ token: 't1', expires_in: 300 }));
        return true;
      }
      if (request.headers.authorization === 'Bearer t1') return false;
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="here",scope="repository:demo/private:pull"` })
        .end();
      return true;
    };
    await expect(images.pull(`${host}/demo/private:v1`)).rejects.toMatchObject({ code: 'unauthorized' });
    seen.length = 0;
    await images.pull(`${host}/demo/private:v1`, { credentials: { username: 'me', password: 'secret' } });
    expect(seen.filter((line) => line.includes('/token'))).toEqual(['GET /token?service=here&scope=repository%3Ademo%2Fprivate%3Apull']);
  });

  it('takes a push of several blobs that are all asked for the password at the same time', async () => {
    await upload(served.url, 'demo/many', 'v1', testImage([base, top]));
    await images.pull(`${served.host}/demo/many:v1`);
    await images.tag(`${served.host}/demo/many:v1`, `${host}/locked/many:v1`);
    const waiting: (() => void)[] = [];
    misbehave = (request, response) => {
      if (request.headers.authorization) return false;
      waiting.push(() => response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end());
      if (waiting.length === 3) for (const answer of waiting) answer();
      return true;
    };
    await images.push(`${host}/locked/many:v1`, { credentials: { username: 'me', password: 'secret' } });
    expect(await images.pull(`${served.host}/locked/many:v1`)).toMatchObject({ names: expect.arrayContaining([`${host}/locked/many:v1`]) });
  });

  it('follows redirects of blobs, without our credentials', async () => {
    await upload(served.url, 'demo/moved', 'v1', testImage([top]));
    misbehave = (request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(307, { location: `${served.url}${request.url}` }).end();
      return true;
    };
    const allowed = { rootDir: join(directory, 'moved'), destinations: { allowed: [served.host] }, logger: silentLogger, clock: impatient };
    const { images: trusting } = await openImages(allowed);
    expect((await trusting.pull(`${host}/demo/moved:v1`)).diffIds).toEqual([sha256(top)]);
    await expect(images.pull(`${host}/demo/moved:v1`)).rejects.toMatchObject({ code: 'destination-refused' });
  });

  it('tries again after 503, and says what is wrong when it stays', async () => {
    await upload(served.url, 'demo/busy', 'v1', testImage([top]));
    let refusals = 1;
    misbehave = (_request, response) => {
      if (refusals-- <= 0) return false;
      response.writeHead(503).end();
      return true;
    };
    await images.pull(`${host}/demo/busy:v1`);
  });

  it('concurrent pulls of one image are one pull, and images share layers', async () => {
    await upload(served.url, 'demo/once', 'v1', testImage([base]));
    await upload(served.url, 'demo/twice', 'v1', testImage([base, top]));
    const name = `${host}/demo/once:v1`;
    const [one, two] = await Promise.all([images.pull(name), images.pull(name), images.pull(`${host}/demo/twice:v1`)]);
    expect(one.id).toBe(two.id);
    const blob = sha256(testImage([base]).blobs[0]!);
    expect(seen.filter((line) => line.includes('/manifests/')).length).toBe(2);
    expect(seen.filter((line) => line.endsWith(blob)).length).toBe(1);
  });

  it('is reached through a mirror', async () => {
    await upload(served.url, 'demo/mirrored', 'v1', testImage([base]));
    const { images: mirrored } = await open(join(directory, 'mirrored'), new Map([['registry.berth.local:5000', `http://${host}`]]));
    const image = await mirrored.pull('registry.berth.local:5000/demo/mirrored:v1');
    expect(image.names).toEqual(['registry.berth.local:5000/demo/mirrored:v1']);
  });

  it('a pull that is given up leaves nothing and can be repeated', async () => {
    await upload(served.url, 'demo/slow', 'v1', testImage([top]));
    const stop = new AbortController();
    misbehave = (request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      stop.abort(new Error('changed my mind'));
      response.writeHead(200);
      response.write('x');
      return true;
    };
    await expect(images.pull(`${host}/demo/slow:v1`, { signal: stop.signal })).rejects.toThrow('changed my mind');
    misbehave = () => false;
    expect((await images.pull(`${host}/demo/slow:v1`)).diffIds).toEqual([sha256(top)]);
    expect(await readFile(join(images.layers.diff(sha256(top)), 'opt/new'), 'utf8')).toBe('new');
  });
});
