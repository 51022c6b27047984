import { jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ListObject } from 's3mini';
import S3rver from 's3rver';
import { systemClock, systemRandom } from '#base';
import { ManualClock } from '#base/testing';
import { driverConformance } from '../conformance/driver-conformance.ts';
import { digestWith } from '../storage/blobs.ts';
import { serveRegistry } from '../testing.ts';
import { FileDriver } from './file-driver.ts';
import { openBucket } from './open-bucket.ts';
import { type Bucket, S3Driver } from './s3-driver.ts';

// A server that writes each object to a real disk.
jest.setTimeout(60_000);

let directory: string;
let server: S3rver;
let bucket: Bucket;
let sequence = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-s3-'));
  server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: join(directory, 'bucket'),
    configureBuckets: [{ name: 'images', configs: [] }],
  });
  const { port } = (await server.run()) as AddressInfo;
  bucket = await openBucket(
    { endpoint: `http://127.0.0.1:${port}/images`, region: 'us-east-1', accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    systemClock,
  );
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/**
 * s3rver cannot cut a list short (it answers 500), and leaves out folders that have but folders in them: its whole list is cut and grouped
 * here, as ListObjectsV2 says.
 */
async function listObjects(
  delimiter?: string,
  prefix = '',
  most = Number.POSITIVE_INFINITY,
  options: Record<string, unknown> = {},
): Promise<ListObject[] | null> {
  const all = await bucket.listObjects(delimiter, prefix);
  const grouped = (all ?? []).map((object): ListObject => {
    const end = object.Key.indexOf('/', prefix.length);
    return options['delimiter'] === '/' && end >= 0 ? { ...object, Key: object.Key.slice(0, end + 1), Size: 0 } : object;
  });
  const unique = new Map(grouped.map((object) => [object.Key, object]));
  return all && [...unique.values()].sort((a, b) => (a.Key < b.Key ? -1 : 1)).slice(0, most);
}

/** Each with a place of its own in the bucket. */
function make(more: Partial<Bucket> = {}): S3Driver {
  const name = `place-${sequence++}`;
  const changed = new Proxy(bucket, {
    get: (target, key: keyof Bucket) => ({ listObjects, ...more })[key] ?? (target[key] as () => unknown).bind(target),
  });
  return new S3Driver(changed, new FileDriver(join(directory, name)), `some/${name}`);
}

driverConformance('S3Driver', async () => ({ driver: make(), close: async () => undefined }));

describe('an object larger than a part', () => {
  const content = systemRandom.bytes(40 * 1024 * 1024);
  const appended = (driver: S3Driver): Promise<void> => driver.append('up/data', Readable.from([content]));

  it('goes in parts, and comes back as it was', async () => {
    const parts: number[] = [];
    const driver = make({
      uploadPart: async (key, upload, data, part) => {
        parts.push((data as Buffer).length);
        return bucket.uploadPart(key, upload, data, part);
      },
    });
    await driver.open();
    await appended(driver);
    await driver.commit('up/data', 'blobs/big');
    expect(parts).toEqual([16, 16, 8].map((megabytes) => megabytes * 1024 * 1024));
    const pieces: Buffer[] = [];
    await driver.send('blobs/big', { first: 7, last: content.length - 1 }, async (piece) => void pieces.push(Buffer.from(piece)));
    expect(Buffer.concat(pieces).equals(content.subarray(7))).toBe(true);
    expect(await driver.stat('up/data')).toBeUndefined();
  });

  it('of which a part fails is not there at all, and can be committed again', async () => {
    let failing = true;
    const driver = make({
      uploadPart: async (key, upload, data, part) => {
        if (failing && part === 2) throw new Error('slow down');
        return bucket.uploadPart(key, upload, data, part);
      },
    });
    await driver.open();
    await appended(driver);
    await expect(driver.commit('up/data', 'blobs/big')).rejects.toThrow('slow down');
    expect(await driver.stat('blobs/big')).toBeUndefined();
    failing = false;
    await driver.commit('up/data', 'blobs/big');
    expect(await driver.stat('blobs/big')).toMatchObject({ sizeBytes: content.length });
  });
});

it('a download that breaks is taken up where it broke, and ends when it makes no progress', async () => {
  const content = systemRandom.bytes(100_000);
  let breaks = 3;
  const driver = make({
    getObjectRaw: async (key, whole, from, to) => {
      const response = await bucket.getObjectRaw(key, whole, from, to);
      if (breaks-- <= 0) return response;
      const bytes = new Uint8Array(await response.arrayBuffer());
      return new Response(bytes.subarray(0, bytes.length / 2), { status: 206 });
    },
  });
  await driver.open();
  await driver.put('a/b', content);
  const collect = async (): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    await driver.send('a/b', { first: 0, last: content.length - 1 }, async (piece) => void pieces.push(Buffer.from(piece)));
    return Buffer.concat(pieces);
  };
  expect((await collect()).equals(content)).toBe(true);
  const dead = make({ getObjectRaw: async () => Promise.reject(new Error('connection reset')) });
  await expect(dead.send('a/b', { first: 0, last: 9 }, async () => undefined)).rejects.toThrow('connection reset');
});

it('carries a registry: push, pull, tags, garbage', async () => {
  const clock = new ManualClock();
  const served = await serveRegistry(make(), clock);
  const call = (method: string, path: string, body?: string): Promise<Response> =>
    fetch(`${served.url}/v2/team/app/${path}`, {
      method,
      ...(body !== undefined && { body }),
      headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    });
  const digest = digestWith('sha256', Buffer.from('content'));
  const orphan = digestWith('sha256', Buffer.from('orphan'));
  const location = (await call('POST', 'blobs/uploads/')).headers.get('location')!.split('/team/app/')[1]!;
  for (const part of ['con', 'tent']) expect((await call('PATCH', location, part)).status).toBe(202);
  expect((await call('PUT', `${location}?digest=${digest}`)).status).toBe(201);
  expect((await call('POST', `blobs/uploads/?digest=${orphan}`, 'orphan')).status).toBe(201);
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 7 };
  expect((await call('PUT', 'manifests/v1', JSON.stringify({ schemaVersion: 2, config, layers: [] }))).status).toBe(201);
  expect(await (await call('GET', `blobs/${digest}`)).text()).toBe('content');
  expect(await (await call('GET', 'tags/list')).json()).toEqual({ name: 'team/app', tags: ['v1'] });
  expect((await served.registry.collectGarbage()).removedBlobs).toEqual([]);
  await clock.advance(systemClock.now().getTime() + 48 * 3_600_000 - clock.now().getTime());
  expect((await served.registry.collectGarbage()).removedBlobs).toEqual([orphan]);
  expect(await (await call('GET', `blobs/${digest}`)).text()).toBe('content');
  await served.close();
});

it('a bucket that is not there is refused at the start', async () => {
  const endpoint = `${(bucket as unknown as { endpoint: URL }).endpoint.origin}/others`;
  const other = await openBucket({ endpoint, region: 'us-east-1', accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }, systemClock);
  await expect(new S3Driver(other, new FileDriver(join(directory, 'other'))).open()).rejects.toThrow('there is no such bucket');
});
