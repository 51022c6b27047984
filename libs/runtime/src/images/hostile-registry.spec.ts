import { jest } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Clock, type Digest, systemClock } from '#base';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import { defaultLimits, parseUnpackLimits, type UnpackLimits } from '../layers/unpack-limits.ts';
import { archive, sha256, type TestImage, testImage, upload } from '../testing/archives.ts';
import type { ImageStore } from './image-store.ts';
import { openImages } from './open-images.ts';

// A real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

const impatient: Clock = { ...systemClock, sleep: async () => undefined };
let directory: string;
let served: ServedRegistry;
let images: ImageStore;
let stores = 0;
const servers: Server[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-hostile-'));
  served = await serveRegistry(join(directory, 'registry'));
});
beforeEach(async () => {
  images = await open();
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
afterAll(async () => {
  await served.close();
  await rm(directory, { recursive: true });
});

async function open(limits: UnpackLimits = defaultLimits): Promise<ImageStore> {
  const rootDir = join(directory, `store-${stores++}`);
  return (await openImages({ rootDir, limits, logger: silentLogger, clock: impatient })).images;
}

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const layer = archive([{ path: 'a', content: 'first' }]);
const other = archive([{ path: 'b', content: 'second' }]);

/** The image with another manifest. */
function claiming(image: TestImage, change: (manifest: { layers: { size: number }[]; config: { size: number } }) => void): TestImage {
  const manifest = JSON.parse(image.manifest.bytes.toString()) as Parameters<typeof change>[0];
  change(manifest);
  return { ...image, manifest: { ...image.manifest, bytes: Buffer.from(JSON.stringify(manifest)) } };
}

/** A registry that has the image and checks nothing, as a hostile one would. */
function serveImage({ manifest, config, blobs }: TestImage): Promise<string> {
  const contents = new Map([config, ...blobs].map((blob) => [sha256(blob) as string, blob]));
  return serve((request, response) => {
    const last = request.url!.split('/').at(-1)!;
    if (request.url!.includes('/manifests/')) {
      response.writeHead(200, { 'content-type': manifest.mediaType }).end(manifest.bytes);
    } else response.writeHead(contents.has(last) ? 200 : 404).end(contents.get(last));
  });
}

/** The image, its config naming other diffIDs. */
const withDiffIds = (blobs: Buffer[], diffIds: Digest[]): TestImage => {
  const image = testImage(blobs, { rootfs: { type: 'layers', diff_ids: diffIds } });
  return { ...image, diffIds };
};

describe('where a registry sends us', () => {
  const seen: IncomingMessage[] = [];
  let inside: string;
  beforeEach(async () => {
    seen.length = 0;
    inside = await serve((request, response) => {
      seen.push(request);
      response.end(JSON.stringify({ token: 'x' }));
    });
  });

  it.each([
    ['a token service on this machine', (at: string) => ({ 'www-authenticate': `Bearer realm="http://${at}/token"` }), 401],
    [
      'a token service by a name of this machine',
      (at: string) => ({ 'www-authenticate': `Bearer realm="http://${at.replace('127.0.0.1', 'localhost')}/t"` }),
      401,
    ],
    ['a redirect to this machine', (at: string) => ({ location: `http://${at}/` }), 307],
    ['a redirect to metadata', () => ({ location: 'http://169.254.169.254/latest/' }), 302],
    ['a redirect to a file', () => ({ location: 'file:///etc/shadow' }), 302],
  ] as const)('%s is refused, at once and before anything is sent', async (_what, headers, status) => {
    const asked: string[] = [];
    const hostile = await serve((request, response) => {
      asked.push(request.url!);
      response.writeHead(status, headers(inside)).end();
    });
    const credentials = { username: 'me', password: 'secret' };
    await expect(images.pull(`${hostile}/a/b:v1`, { credentials })).rejects.toMatchObject({ code: 'destination-refused' });
    expect([seen.length, asked.length]).toEqual([0, 1]);
  });

  it('shows nobody what a server that is no registry says', async () => {
    const server = await serve((_request, response) => response.writeHead(500).end('password=hunter2'));
    await expect(images.pull(`${server}/a/b:v1`)).rejects.toThrow(new RegExp(`^unexpected status 500 from ${server}/a/b:v1$`));
    const lines = await serve((_request, response) =>
      response
        .writeHead(403)
        .end(JSON.stringify({ errors: [{ code: 'DENIED', message: `two\nlines ${'x'.repeat(5_000)}` }, { message: {} }] })),
    );
    const message = await images.pull(`${lines}/a/b:v1`).catch((err: Error) => err.message);
    expect(message).toMatch(/DENIED: two lines x+/);
    expect((message as string).length).toBeLessThan(700);
  });

  it('takes no token that would be more than one header', async () => {
    const hostile = await serve((request, response) => {
      if (request.url!.startsWith('/token')) response.end(JSON.stringify({ token: 'a\r\nx: y' }));
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token"` }).end();
    });
    await expect(images.pull(`${hostile}/a/b:v1`)).rejects.toThrow('gave no token');
  });
});

it('hangs up on an error that has no end', async () => {
  const closed: Promise<unknown>[] = [];
  const endless = await serve((_request, response) => {
    closed.push(once(response, 'close'));
    const forever = (function* () {
      for (;;) yield Buffer.alloc(65_536);
    })();
    Readable.from(forever).pipe(response.writeHead(500));
  });
  await expect(images.pull(`${endless}/a/b:v1`)).rejects.toThrow('unexpected status 500');
  await Promise.all(closed);
  expect(closed.length).toBeGreaterThan(1);
});

it('says in a few words that a server speaks no TLS', async () => {
  const plain = await serve((_request, response) => response.end());
  const mirrors = new Map([['plain.local', `https://${plain}`]]);
  const { images: asking } = await openImages({
    rootDir: join(directory, `store-${stores++}`),
    mirrors,
    logger: silentLogger,
    clock: impatient,
  });
  await expect(asking.pull('plain.local/a:v1')).rejects.toThrow(/^failed to reach \S+: server gave HTTP response to HTTPS client$/);
});

it.each([
  [{ Env: 'A=b' }, 'config.Env'],
  [{ Env: [1] }, 'config.Env'],
  [{ Cmd: { 0: 'sh' } }, 'config.Cmd'],
  [{ Entrypoint: [null] }, 'config.Entrypoint'],
  [{ User: 0 }, 'config.User'],
  [{ WorkingDir: [] }, 'config.WorkingDir'],
  [{ Labels: { a: 1 } }, 'config.Labels'],
  [{ Volumes: ['/x'] }, 'config.Volumes'],
  [{ StopSignal: 9 }, 'config.StopSignal'],
  ['sh', 'config'],
])('a config of the wrong kinds is refused: %j', async (config, what) => {
  const host = await serveImage(testImage([layer], { config }));
  await expect(images.pull(`${host}/a:v1`)).rejects.toThrow(`invalid image: its config has no valid ${what}`);
});

it('a config as Go writes it, with null for what is not there, is taken', async () => {
  const host = await serveImage(testImage([layer], { config: { Env: null, Cmd: null, Labels: null }, history: null }));
  await images.pull(`${host}/a:v1`);
});

describe('what a manifest says of blobs that are here', () => {
  it.each([
    ['layer', (by: number) => (manifest: { layers: { size: number }[] }) => void (manifest.layers[0]!.size += by)],
    ['config', (by: number) => (manifest: { config: { size: number } }) => void (manifest.config.size += by)],
  ] as const)('a size of the %s that is not true is refused, whether the blob is known or not', async (_what, change) => {
    const image = testImage([layer]);
    for (const by of [-1, 1]) {
      const unknown = await open();
      const lying = await serveImage(claiming(image, change(by)));
      await expect(unknown.pull(`${lying}/lie:v1`)).rejects.toMatchObject({ code: 'bad-image' });
      await unknown.pull(`${await serveImage(image)}/true:v1`);
      await expect(unknown.pull(`${lying}/lie:v1`)).rejects.toThrow(/has \d+ bytes, its descriptor says \d+$/);
    }
  });

  it('a size of the manifest that an index lies about is refused', async () => {
    const image = testImage([layer]);
    const { bytes, mediaType } = image.manifest;
    const entry = { mediaType, digest: sha256(bytes), size: bytes.length + 1, platform: { os: 'linux', architecture: 'amd64' } };
    const index = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [entry] });
    const host = await serve((request, response) => response.end(request.url!.endsWith('v1') ? index : bytes));
    await expect(images.pull(`${host}/lie:v1`)).rejects.toThrow(`has ${bytes.length} bytes, its descriptor says ${bytes.length + 1}`);
  });

  it.each([
    ['nothing is here', []],
    ['the blob is here', [[layer]]],
    ['both are here', [[layer], [other]]],
    ['the other layer is here', [[other]]],
  ])('a diffID of another layer is refused when %s', async (_what, present) => {
    for (const layers of present) await images.pull(`${await serveImage(testImage(layers))}/true:v1`);
    const lying = await serveImage(withDiffIds([layer], [sha256(other)]));
    await expect(images.pull(`${lying}/lie:v1`)).rejects.toThrow(/its diffID is sha256:\w+, the image's config says sha256:\w+/);
    expect(await images.get(`${lying}/lie:v1`)).toBeUndefined();
  });

  it('a lie hurts nobody who pulls the same layer at the same time', async () => {
    const honest = await serveImage(testImage([layer]));
    const lies = [withDiffIds([layer], [sha256(other)]), claiming(testImage([layer]), ({ layers }) => void (layers[0]!.size += 1))];
    const lying = await Promise.all(lies.map((image) => serveImage(image)));
    const pulls = [...lying, honest, ...lying].map((host) => images.pull(`${host}/same:v1`));
    const results = await Promise.allSettled(pulls);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'rejected', 'rejected']);
    expect(await readFile(join(images.layers.diff(sha256(layer)), 'a'), 'utf8')).toBe('first');
  });

  it('a layer that was unpacked before its blob was noted down is looked at once more', async () => {
    const host = await serveImage(testImage([layer]));
    await images.pull(`${host}/old:v1`);
    const description = (await images.layers.describe(sha256(layer)))!;
    const blob = description.blobs!;
    delete description.blobs;
    await images.pull(`${host}/old:v1`);
    expect((await images.layers.describe(sha256(layer)))!.blobs).toEqual(blob);
  });
});

describe('bounds', () => {
  const big = (name: string): Buffer => archive([{ path: name, content: Buffer.alloc(60_000, name) }]);
  const limits: UnpackLimits = { ...defaultLimits, unpackedBytes: 100_000, imageBytes: 150_000, entries: 10 };
  const pull = async (store: ImageStore, layers: Buffer[]): Promise<unknown> => store.pull(`${await serveImage(testImage(layers))}/x:v1`);

  it('of a layer', async () => {
    await expect(pull(await open(limits), [archive([{ path: 'x', content: Buffer.alloc(100_001) }])])).rejects.toThrow(
      'it unpacks to more than 100000 bytes',
    );
  });

  it('of an image: its layers together, those that are here too', async () => {
    const store = await open(limits);
    await expect(pull(store, ['a', 'b', 'c'].map(big))).rejects.toThrow('invalid image: it unpacks to more than 150000 bytes');
    const other = await open(limits);
    await pull(other, ['a', 'b'].map(big));
    await expect(pull(other, ['a', 'b', 'c'].map(big))).rejects.toThrow('invalid image: it unpacks to more than 150000 bytes');
    await pull(other, ['b', 'c'].map(big));
  });

  it('of entries: those of all layers', async () => {
    const entries = (prefix: string): Buffer => archive(Array.from({ length: 6 }, (_n, i) => ({ path: `${prefix}${i}` })));
    await expect(pull(await open(limits), [entries('a'), entries('b')])).rejects.toThrow('invalid image: it has more than 10 entries');
    await pull(await open(limits), [entries('a')]);
  });

  it('of what is fetched for a layer, before it is fetched', async () => {
    const image = claiming(testImage([layer]), ({ layers }) => void (layers[0]!.size = 100_001));
    await expect(images.pull(`${await serveImage(image)}/x:v1`)).rejects.toMatchObject({ code: 'bad-image' });
    const store = await open(limits);
    await expect(store.pull(`${await serveImage(image)}/x:v1`)).rejects.toThrow('is larger than the 100000 bytes');
  });
});

it('reads bounds as they are written in a flag', () => {
  expect(parseUnpackLimits('')).toEqual(defaultLimits);
  expect(parseUnpackLimits('layer=1Gi,image=3Ti,entries=7')).toEqual({
    ...defaultLimits,
    unpackedBytes: 2 ** 30,
    imageBytes: 3 * 2 ** 40,
    entries: 7,
  });
  for (const wrong of ['layer', 'layer=0', 'layer=-1', 'layer=1G', 'layers=1', 'entries=1e3', 'image=999999999999999Ti']) {
    expect(() => parseUnpackLimits(wrong)).toThrow(`image limits ${wrong}: must be such as layer=64Gi`);
  }
});

it('uploads of the served registry still work beside all that', async () => {
  await upload(served.url, 'fine/app', 'v1', testImage([layer, other]));
  expect((await images.pull(`${served.host}/fine/app:v1`)).diffIds).toEqual([sha256(layer), sha256(other)]);
});
