import { jest } from '@jest/globals';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Clock, systemClock } from '#base';
import { seededRandom } from '#base/testing';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import type { PullProgress } from '../images.contract.ts';
import { archive, sha256, type TestImage, testImage, upload } from '../testing/archives.ts';
import type { ImageStore } from './image-store.ts';
import { openImages } from './open-images.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

/** How blobs come from a registry: in pieces, in several forms, from elsewhere, and to several who want them at the same time. */
let directory: string;
let served: ServedRegistry;
let front: Server;
let host: string;
let misbehave: (request: IncomingMessage, response: ServerResponse) => boolean;
let stores = 0;
const seen: string[] = [];
/** Back-off is not waited for. */
const impatient: Clock = { ...systemClock, sleep: async () => undefined };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-transfers-'));
  served = await serveRegistry(join(directory, 'registry'));
  front = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`.trim());
    if (!misbehave(request, response)) void served.registry.handle(request, response);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(front.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen.length = 0;
  misbehave = () => false;
});
afterAll(async () => {
  front.close();
  front.closeAllConnections();
  await served.close();
  await rm(directory, { recursive: true });
});

const newRoot = (): string => join(directory, `store-${stores++}`);
const open = async (rootDir: string, clock = impatient): Promise<ImageStore> =>
  (await openImages({ rootDir, logger: silentLogger, clock })).images;
const content = (bytes: number, seed = 1): Buffer => seededRandom(seed).bytes(bytes);

describe('a transfer that breaks off', () => {
  const big = archive([{ path: 'big', content: content(3_000_000) }]);
  const image = testImage([big]);
  const [blob] = image.blobs as [Buffer];
  const path = `/v2/demo/broken/blobs/${sha256(blob)}`;
  const ranges = (): string[] => seen.filter((line) => line.startsWith(`GET ${path}`)).map((line) => line.split(' ')[2] ?? '');

  /** Each answer ends after so many bytes. */
  const breakAfter = (bytes: number) => {
    misbehave = (request, response) => {
      if (request.url !== path) return false;
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (from >= bytes) response.destroy();
      else {
        response.writeHead(from > 0 ? 206 : 200, { 'content-length': blob.length - from });
        response.write(blob.subarray(from, bytes), () => response.destroy());
      }
      return true;
    };
  };

  beforeAll(() => upload(served.url, 'demo/broken', 'v1', image));

  it('is gone on with by the next pull, in another process too, which says how much is there', async () => {
    const root = newRoot();
    breakAfter(1_000_000);
    await expect((await open(root)).pull(`${host}/demo/broken:v1`)).rejects.toMatchObject({ code: 'registry-unavailable' });
    misbehave = () => false;
    seen.length = 0;
    const heard: PullProgress[] = [];
    const images = await open(root);
    const pulled = await images.pull(`${host}/demo/broken:v1`, { onProgress: (progress) => heard.push(progress) });
    expect([pulled.diffIds, ranges()]).toEqual([image.diffIds, ['bytes=1000000-']]);
    expect(heard.find(({ status }) => status === 'downloading')).toMatchObject({ doneBytes: 1_000_000, totalBytes: blob.length });
    expect(await readdir(join(root, 'ingest'))).toEqual([]);
  });

  it('begins anew where what is left of it is spoilt, or longer than it may be', async () => {
    for (const [length, wanted] of [
      [500_000, ['bytes=500000-', '']],
      [blob.length + 1, ['']],
    ] as const) {
      const root = newRoot();
      await open(root);
      await writeFile(join(root, 'ingest', sha256(blob).slice(7)), blob.subarray(0, 400_000));
      await truncate(join(root, 'ingest', sha256(blob).slice(7)), length);
      seen.length = 0;
      const pulled = await (await open(root)).pull(`${host}/demo/broken:v1`);
      expect([pulled.diffIds, ranges()]).toEqual([image.diffIds, wanted]);
    }
  });

  it('asks for nothing when all of it was here', async () => {
    const root = newRoot();
    await open(root);
    await writeFile(join(root, 'ingest', sha256(blob).slice(7)), blob);
    await (await open(root)).pull(`${host}/demo/broken:v1`);
    expect(ranges()).toEqual([]);
  });

  it('leaves nothing for longer than a day, and nothing when garbage is collected', async () => {
    const root = newRoot();
    breakAfter(1_000_000);
    const images = await open(root);
    await expect(images.pull(`${host}/demo/broken:v1`)).rejects.toMatchObject({ code: 'registry-unavailable' });
    const tomorrow: Clock = { ...impatient, now: () => new Date(systemClock.now().getTime() + 25 * 3600 * 1000) };
    expect(await readdir(join(root, 'ingest'))).toHaveLength(1);
    await open(root, tomorrow);
    expect(await readdir(join(root, 'ingest'))).toEqual([]);
    await expect(images.pull(`${host}/demo/broken:v1`)).rejects.toMatchObject({ code: 'registry-unavailable' });
    expect(await images.collectGarbage()).toEqual({ removedBytes: expect.any(Number) });
    expect([await readdir(join(root, 'ingest')), await readdir(join(root, 'blobs/sha256'))]).toEqual([[], []]);
  });
});

describe('forms of layers', () => {
  const tar = archive([
    { path: 'a', content: content(100_000) },
    { path: 'b', content: content(100_000, 2) },
  ]);
  const halves = [tar.subarray(0, 70_000), tar.subarray(70_000)] as const;
  /** RFC 8878, "Skippable Frames": zstd:chunked keeps its table of contents in one. */
  const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 8, 0, 0, 0]), Buffer.alloc(8, 'x')]);

  it.each<[string, Buffer]>([
    ['eStargz: a gzip member for each file', Buffer.concat(halves.map((half) => gzipSync(half)))],
    ['eStargz: and an empty one at the end', Buffer.concat([...halves.map((half) => gzipSync(half)), gzipSync('')])],
    [
      'zstd:chunked: frames, and tables in frames to be skipped',
      Buffer.concat([...halves.map((half) => zstdCompressSync(half)), skippable]),
    ],
    ['zstd with a table in front', Buffer.concat([skippable, zstdCompressSync(tar)])],
    ['no packing, whatever its media type says', tar],
  ])('%s', async (_form, packed) => {
    const image = testImage([tar], {}, () => packed);
    await upload(served.url, 'demo/forms', 'v1', image);
    const images = await open(newRoot());
    expect((await images.pull(`${host}/demo/forms:v1`)).diffIds).toEqual([sha256(tar)]);
    expect((await readdir(images.layers.diff(sha256(tar)))).sort()).toEqual(['a', 'b']);
  });
});

/** With what the registry serves changed by hand: its manifests, as registries of others would have them. */
async function uploadWith(repository: string, image: TestImage, change: (manifest: ManifestOf) => void): Promise<void> {
  const manifest = JSON.parse(image.manifest.bytes.toString()) as ManifestOf;
  change(manifest);
  await upload(served.url, repository, 'v1', { ...image, manifest: { ...image.manifest, bytes: Buffer.from(JSON.stringify(manifest)) } });
}
interface ManifestOf {
  layers: { mediaType: string; urls?: string[] }[];
}

describe('layers that lie elsewhere', () => {
  const [kept, foreign] = [archive([{ path: 'kept', content: 'k' }]), archive([{ path: 'foreign', content: 'f' }])];
  const image = testImage([kept, foreign]);

  it('are fetched there, and are not pushed', async () => {
    const elsewhere = `/elsewhere/${sha256(image.blobs[1]!).slice(7)}`;
    await uploadWith('demo/foreign', image, ({ layers }) =>
      Object.assign(layers[1]!, {
        mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
        urls: ['ftp://nowhere', `http://${host}${elsewhere}`],
      }),
    );
    misbehave = (request, response) => {
      if (request.url === elsewhere) response.end(image.blobs[1]);
      else if (request.url?.endsWith(sha256(image.blobs[1]!))) response.writeHead(404).end();
      else return false;
      return true;
    };
    const images = await open(newRoot());
    expect((await images.pull(`${host}/demo/foreign:v1`)).diffIds).toEqual(image.diffIds);
    await images.tag(`${host}/demo/foreign:v1`, `${host}/demo/pushed:v1`);
    seen.length = 0;
    await images.push(`${host}/demo/pushed:v1`);
    expect(seen.some((line) => line.includes(sha256(image.blobs[0]!)))).toBe(true);
    expect(seen.some((line) => line.includes(sha256(image.blobs[1]!)))).toBe(false);
  });

  it('are not fetched from where a registry may not send us', async () => {
    await uploadWith('demo/trap', image, ({ layers }) => Object.assign(layers[1]!, { urls: ['http://169.254.169.254/latest'] }));
    misbehave = (request, response) => {
      if (!request.url?.endsWith(sha256(image.blobs[1]!))) return false;
      response.writeHead(404).end();
      return true;
    };
    await expect((await open(newRoot())).pull(`${host}/demo/trap:v1`)).rejects.toMatchObject({ code: 'destination-refused' });
  });
});

describe('progress', () => {
  const image = testImage([archive([{ path: 'one', content: content(300_000) }]), archive([{ path: 'two', content: 'x' }])]);
  const [one, two] = image.blobs.map(sha256);

  it('of each layer, from queued to done; then it is there', async () => {
    await upload(served.url, 'demo/progress', 'v1', image);
    const images = await open(newRoot());
    const steps = async (): Promise<(string[] | undefined)[]> => {
      const heard: PullProgress[] = [];
      await images.pull(`${host}/demo/progress:v1`, { onProgress: (progress) => heard.push(progress) });
      const of = (layer: string | undefined): string[] => [...new Set(heard.filter((p) => p.layer === layer).map(({ status }) => status))];
      return [of(one), of(two)];
    };
    const all = ['queued', 'downloading', 'verifying', 'extracting', 'done'];
    expect(await steps()).toEqual([all, all]);
    expect(await steps()).toEqual([['exists'], ['exists']]);
  });

  it('is told to everybody who waits for the same pull, or for the same layer', async () => {
    await upload(served.url, 'demo/shared', 'v1', image);
    await upload(served.url, 'demo/sharing', 'v1', testImage([archive([{ path: 'one', content: content(300_000) }])]));
    const images = await open(newRoot());
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    misbehave = (request, response) => {
      if (!request.url?.endsWith(one!)) return false;
      asked.resolve();
      void held.promise.then(() => served.registry.handle(request, response));
      return true;
    };
    const heard: PullProgress[][] = [[], [], []];
    const listen = (i: number) => (progress: PullProgress) => void heard[i]!.push(progress);
    const first = images.pull(`${host}/demo/shared:v1`, { onProgress: listen(0) });
    await asked.promise;
    const second = images.pull(`${host}/demo/shared:v1`, { onProgress: listen(1) });
    const third = images.pull(`${host}/demo/sharing:v1`, {
      onProgress: (progress) => {
        listen(2)(progress);
        held.resolve();
      },
    });
    await Promise.all([first, second, third]);
    for (const each of heard)
      expect(each.findLast(({ layer }) => layer === one)).toMatchObject({ status: 'done', doneBytes: image.blobs[0]!.length });
    expect(heard[1]![0]).toMatchObject({ layer: expect.any(String) });
    expect(seen.filter((line) => line.endsWith(one!))).toHaveLength(1);
  });
});

it('an image of more layers than a mount takes is refused before they are fetched', async () => {
  const layers = Array.from({ length: 141 }, (_, i) => archive([{ path: `f${i}` }]));
  await upload(served.url, 'demo/deep', 'v1', testImage(layers));
  await expect((await open(newRoot())).pull(`${host}/demo/deep:v1`)).rejects.toThrow('max depth exceeded');
  expect(seen.filter((line) => line.includes('/blobs/'))).toHaveLength(1);
});

it('a manifest of schema version 1 is refused by name', async () => {
  misbehave = (request, response) => {
    if (!request.url?.includes('/manifests/')) return false;
    response.writeHead(200, { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' });
    response.end(JSON.stringify({ schemaVersion: 1, name: 'demo/old', tag: 'v1', fsLayers: [], history: [], signatures: [] }));
    return true;
  };
  await expect((await open(newRoot())).pull(`${host}/demo/old:v1`)).rejects.toThrow('schema version 1, which is no longer supported');
});
