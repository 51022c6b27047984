import { jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '#base';
import { seededRandom } from '#base/testing';
import { serveRegistry, type ServedRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import type { Neighbours } from '../neighbours.contract.ts';
import { archive, sha256, testImage, upload } from '../testing/archives.ts';
import type { ImageStore } from './image-store.ts';
import { openImages } from './open-images.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

/** Layers come from a node that has them, the rest from the registry; private ones from the registry alone. */
let directory: string;
let served: ServedRegistry;
let front: Server;
let host: string;
let wantsPassword = false;
/** Blobs that the registry was asked for, with the range. */
const asked: string[] = [];
const image = testImage([archive([{ path: 'big', content: seededRandom(1).bytes(700_000) }]), archive([{ path: 'small', content: 's' }])]);
const [big, small] = image.blobs.map(sha256) as [Digest, Digest];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-neighbours-'));
  served = await serveRegistry(join(directory, 'registry'));
  front = createServer((request, response) => {
    if (wantsPassword && !request.headers.authorization)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="here"' }).end();
    const digest = /blobs\/(sha256:\w+)/.exec(request.url ?? '')?.[1];
    if (digest === big || digest === small) asked.push(`${digest} ${request.headers.range ?? 'all'}`);
    void served.registry.handle(request, response);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(front.address() as AddressInfo).port}`;
  await upload(served.url, 'demo/app', 'v1', image);
});
afterAll(async () => {
  front.close();
  front.closeAllConnections();
  await served.close();
  await rm(directory, { recursive: true });
});

let first: ImageStore;
const credentials = { username: 'me', password: 'secret' };
const open = async (neighbours?: Neighbours): Promise<ImageStore> =>
  (await openImages({ rootDir: await mkdtemp(join(directory, 'store-')), logger: silentLogger, ...(neighbours && { neighbours }) })).images;

beforeEach(async () => {
  wantsPassword = false;
  first = await open();
});

/** The node that has the image, with what it sends changed on the way. */
function neighbour(
  change: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (bytes) => bytes,
): Neighbours & { asked: number } {
  return {
    asked: 0,
    async blob(digest, { from }) {
      this.asked++;
      const shared = await first.shared(digest);
      return shared && (change(shared.read(from)) as AsyncIterable<Buffer>);
    },
  };
}

async function pullBeside(near: Neighbours): Promise<string[]> {
  const second = await open(near);
  asked.length = 0;
  expect((await second.pull(`${host}/demo/app:v1`, { credentials })).diffIds).toEqual(image.diffIds);
  return asked;
}

it('what a neighbour has, the registry is not asked for, but for what is too small', async () => {
  await first.pull(`${host}/demo/app:v1`);
  expect(await pullBeside(neighbour())).toEqual([`${small} all`]);
});

it.each<[what: string, change: Parameters<typeof neighbour>[0], rest: string]>([
  ['breaks off', broken(300_000), 'bytes=300000-'],
  ['ends early', cut(300_000), 'bytes=300000-'],
  ['sends other bytes', changed, 'all'],
  ['sends more than there is', longer, 'all'],
  ['sends nothing', cut(0), 'all'],
])('a neighbour that %s costs a pull nothing but time', async (_what, change, rest) => {
  await first.pull(`${host}/demo/app:v1`);
  expect((await pullBeside(neighbour(change))).toSorted()).toEqual([`${big} ${rest}`, `${small} all`].toSorted());
});

it('what was pulled with a password is given to nobody, and nobody is asked for it', async () => {
  wantsPassword = true;
  await first.pull(`${host}/demo/app:v1`, { credentials });
  const near = neighbour();
  expect((await pullBeside(near)).toSorted()).toEqual([`${big} all`, `${small} all`].toSorted());
  expect([near.asked, await first.shared(big)]).toEqual([0, undefined]);
});

it('what nobody has pulled by a name is given to nobody: manifests, configs, and images that were removed', async () => {
  const { id } = await first.pull(`${host}/demo/app:v1`);
  expect([await first.shared(id as Digest), (await first.shared(big))?.sizeBytes]).toEqual([undefined, image.blobs[0]!.length]);
  await first.remove(`${host}/demo/app:v1`);
  expect(await first.shared(big)).toBeUndefined();
});

function cut(bytes: number) {
  return async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let left = bytes;
    for await (const chunk of source) {
      if (left <= 0) return;
      yield chunk.subarray(0, left);
      left -= chunk.length;
    }
  };
}
function broken(bytes: number) {
  return async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* cut(bytes)(source);
    throw new Error('connection reset');
  };
}
async function* changed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) yield Buffer.alloc(chunk.length, 'x');
}
async function* longer(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(10);
  yield* source;
}
