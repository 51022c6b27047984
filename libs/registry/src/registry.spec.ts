import { jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '#base';
import { ManualClock } from '#base/testing';
import type { StorageDriver } from './drivers/contract.ts';
import { FileDriver } from './drivers/file-driver.ts';
import { MemoryDriver } from './drivers/memory-driver.ts';
import { serveRegistry, type ServedRegistry } from './testing.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

const sha256 = (bytes: string | Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';

let served: ServedRegistry;
const clock = new ManualClock();

const drivers: { name: string; make: (clock: Clock) => Promise<{ driver: StorageDriver; remove: () => Promise<void> }> }[] = [
  {
    name: 'files',
    make: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'berth-registry-'));
      return { driver: new FileDriver(directory), remove: () => rm(directory, { recursive: true }) };
    },
  },
  { name: 'memory', make: async (time) => ({ driver: new MemoryDriver(time), remove: async () => undefined }) },
];

interface Reply {
  status: number;
  headers: Headers;
  text: string;
  code?: string;
}

async function call(
  method: string,
  path: string,
  { body, headers }: { body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const response = await fetch(new URL(path, served.url), {
    method,
    headers,
    body: typeof body === 'string' ? body : body && new Uint8Array(body),
  });
  const text = await response.text();
  const errors = text.startsWith('{"errors"') ? (JSON.parse(text) as { errors: { code: string }[] }).errors : [];
  return { status: response.status, headers: response.headers, text, code: errors[0]?.code };
}

async function pushBlob(name: string, content: string): Promise<string> {
  const digest = sha256(content);
  expect((await call('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: content })).status).toBe(201);
  return digest;
}

function manifestOf(config: string, layers: string[], more: object = {}): string {
  const descriptor = (mediaType: string, content: string): object => ({
    mediaType,
    digest: sha256(content),
    size: Buffer.byteLength(content),
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
    ...more,
  });
}

async function pushImage(name: string, reference: string, more: object = {}): Promise<string> {
  await pushBlob(name, 'config');
  await pushBlob(name, 'layer');
  const body = manifestOf('config', ['layer'], more);
  const reply = await call('PUT', `/v2/${name}/manifests/${reference}`, { body, headers: { 'content-type': ociManifest } });
  expect(reply.status).toBe(201);
  return sha256(body);
}

describe.each(drivers)('a registry over $name', ({ make }) => {
  let driver: StorageDriver;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ driver, remove } = await make(clock));
    served = await serveRegistry(driver, clock);
  });
  afterAll(async () => {
    await served.close();
    await remove();
  });

  describe('base', () => {
    it('says that it speaks v2', async () => {
      const reply = await call('GET', '/v2/');
      expect([reply.status, reply.text, reply.headers.get('docker-distribution-api-version')]).toEqual([200, '{}\n', 'registry/2.0']);
    });

    it('refuses a head without end, and goes on', async () => {
      expect((await call('GET', '/v2/', { headers: { x: 'y'.repeat(20_000) } })).status).toBe(431);
      expect((await call('GET', '/v2/')).status).toBe(200);
    });

    it.each([
      ['GET', '/v2/Upper/blobs/sha256:00', 400, 'NAME_INVALID'],
      ['GET', '/v2/a..b/tags/list', 400, 'NAME_INVALID'],
      ['GET', '/v2/..%2f..%2fetc/tags/list', 400, 'NAME_INVALID'],
      ['GET', '/v2/_uploads/tags/list', 400, 'NAME_INVALID'],
      ['GET', `/v2/${'a'.repeat(256)}/tags/list`, 400, 'NAME_INVALID'],
      ['GET', '/v2/__proto__/tags/list', 400, 'NAME_INVALID'],
      ['GET', '/v2/constructor/tags/list', 404, 'NAME_UNKNOWN'],
      ['GET', '/v2/nothing/manifests/__proto__', 404, 'MANIFEST_UNKNOWN'],
      ['GET', `/v2/nothing/manifests/${'t'.repeat(129)}`, 404, 'MANIFEST_UNKNOWN'],
      ['PUT', `/v2/nothing/manifests/${'t'.repeat(129)}`, 400, 'TAG_INVALID'],
      ['GET', '/v2/%00/tags/list', 400, 'NAME_INVALID'],
      ['GET', '/v2/%ff/tags/list', 400, 'NAME_INVALID'],
      ['GET', '/v2/nothing/tags/list', 404, 'NAME_UNKNOWN'],
      ['GET', '/v2/nothing/manifests/latest', 404, 'MANIFEST_UNKNOWN'],
      ['GET', '/v2/nothing/manifests/..%2f..%2f..', 404, undefined],
      ['GET', '/v2/nothing/blobs/sha256:abc', 400, 'DIGEST_INVALID'],
      ['GET', `/v2/nothing/blobs/${sha256('x')}`, 404, 'BLOB_UNKNOWN'],
      ['DELETE', `/v2/nothing/blobs/${sha256('x')}`, 404, 'BLOB_UNKNOWN'],
      ['DELETE', '/v2/nothing/manifests/latest', 404, 'MANIFEST_UNKNOWN'],
      ['PATCH', '/v2/nothing/blobs/uploads/00000000-0000-4000-8000-000000000000', 404, 'BLOB_UPLOAD_UNKNOWN'],
      ['POST', '/v2/nothing/manifests/latest', 405, 'UNSUPPORTED'],
      ['PUT', '/v2/', 405, 'UNSUPPORTED'],
      ['GET', '/v2/nothing/else', 404, 'NAME_UNKNOWN'],
    ])('%s %s is %d %s', async (method, path, status, code) => {
      const reply = await call(method, path);
      expect(reply.status).toBe(status);
      if (code) expect(reply.code).toBe(code);
    });
  });

  describe('blobs', () => {
    it('come back whole, in parts and by head', async () => {
      const digest = await pushBlob('some/app', '0123456789');
      const path = `/v2/some/app/blobs/${digest}`;
      const whole = await call('GET', path);
      expect([whole.status, whole.text, whole.headers.get('docker-content-digest'), whole.headers.get('etag')]).toEqual([
        200,
        '0123456789',
        digest,
        `"${digest}"`,
      ]);
      const head = await call('HEAD', path);
      expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, '10', '']);
      expect((await call('GET', path, { headers: { 'if-none-match': `"${digest}"` } })).status).toBe(304);
    });

    it.each([
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
      ['bytes=-3', 206, '789', 'bytes 7-9/10'],
      ['bytes=0-99', 206, '0123456789', 'bytes 0-9/10'],
      ['bytes=4-2', 200, '0123456789', null],
      ['lines=1-2', 200, '0123456789', null],
    ])('range %s', async (range, status, text, contentRange) => {
      const digest = await pushBlob('ranges', '0123456789');
      const reply = await call('GET', `/v2/ranges/blobs/${digest}`, { headers: { range } });
      expect([reply.status, reply.text, reply.headers.get('content-range')]).toEqual([status, text, contentRange]);
    });

    it('a range behind the end is 416 and says the size', async () => {
      const digest = await pushBlob('ranges', '0123456789');
      const reply = await call('GET', `/v2/ranges/blobs/${digest}`, { headers: { range: 'bytes=10-' } });
      expect([reply.status, reply.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    });

    it('are shown only by repositories that have them, and can be mounted', async () => {
      const digest = await pushBlob('origin', 'shared bytes');
      expect((await call('HEAD', `/v2/other/blobs/${digest}`)).status).toBe(404);
      const mounted = await call('POST', `/v2/other/blobs/uploads/?mount=${digest}&from=origin`);
      expect([mounted.status, mounted.headers.get('location')]).toEqual([201, `/v2/other/blobs/${digest}`]);
      expect((await call('GET', `/v2/other/blobs/${digest}`)).text).toBe('shared bytes');
      const absent = await call('POST', `/v2/other/blobs/uploads/?mount=${sha256('absent')}&from=origin`);
      expect(absent.status).toBe(202);
      expect((await call('DELETE', `/v2/origin/blobs/${digest}`)).status).toBe(202);
      expect((await call('HEAD', `/v2/origin/blobs/${digest}`)).status).toBe(404);
      expect((await call('HEAD', `/v2/other/blobs/${digest}`)).status).toBe(200);
    });

    it('also by sha512, and empty ones', async () => {
      const digest = `sha512:${createHash('sha512').update('long').digest('hex')}`;
      expect((await call('POST', `/v2/long/blobs/uploads/?digest=${digest}`, { body: 'long' })).status).toBe(201);
      expect((await call('GET', `/v2/long/blobs/${digest}`)).text).toBe('long');
      await pushBlob('long', '');
      expect((await call('GET', `/v2/long/blobs/${sha256('')}`)).status).toBe(200);
    });
  });

  describe('uploads', () => {
    it('take chunks in order, tell where they are, and go on after a restart of the registry', async () => {
      const begun = await call('POST', '/v2/chunks/blobs/uploads/');
      const location = begun.headers.get('location') ?? '';
      expect([begun.status, begun.headers.get('range')]).toEqual([202, '0-0']);
      const first = await call('PATCH', location, { body: 'hello ', headers: { 'content-range': '0-5' } });
      expect([first.status, first.headers.get('range')]).toEqual([202, '0-5']);
      const gap = await call('PATCH', location, { body: 'x', headers: { 'content-range': '9-9' } });
      expect([gap.status, gap.headers.get('range')]).toEqual([416, '0-5']);
      await served.close();
      served = await serveRegistry(driver, clock);
      const status = await call('GET', location);
      expect([status.status, status.headers.get('range')]).toEqual([204, '0-5']);
      expect((await call('PATCH', location, { body: 'wor', headers: { 'content-range': '6-8' } })).status).toBe(202);
      const digest = sha256('hello world');
      const done = await call('PUT', `${location}?digest=${digest}`, { body: 'ld' });
      expect([done.status, done.headers.get('location')]).toEqual([201, `/v2/chunks/blobs/${digest}`]);
      expect((await call('GET', `/v2/chunks/blobs/${digest}`)).text).toBe('hello world');
      expect((await call('GET', location)).code).toBe('BLOB_UPLOAD_UNKNOWN');
    });

    it('refuse a wrong digest and show nothing of it', async () => {
      const wrong = sha256('something else');
      const reply = await call('POST', `/v2/wrong/blobs/uploads/?digest=${wrong}`, { body: 'content' });
      expect([reply.status, reply.code]).toEqual([400, 'DIGEST_INVALID']);
      expect((await call('HEAD', `/v2/wrong/blobs/${wrong}`)).status).toBe(404);
      expect((await call('HEAD', `/v2/wrong/blobs/${sha256('content')}`)).status).toBe(404);
    });

    it('a length that is not that of the chunk is SIZE_INVALID', async () => {
      const location = (await call('POST', '/v2/chunks/blobs/uploads/')).headers.get('location') ?? '';
      expect((await call('PATCH', location, { body: 'abc', headers: { 'content-range': '0-9' } })).code).toBe('SIZE_INVALID');
    });

    it('can be cancelled and belong to their repository', async () => {
      const location = (await call('POST', '/v2/mine/blobs/uploads/')).headers.get('location') ?? '';
      expect((await call('GET', location.replace('/mine/', '/yours/'))).code).toBe('BLOB_UPLOAD_UNKNOWN');
      expect((await call('DELETE', location)).status).toBe(204);
      expect((await call('GET', location)).code).toBe('BLOB_UPLOAD_UNKNOWN');
    });

    it('a client that dies in mid-upload leaves nothing visible', async () => {
      const digest = sha256('never finished');
      await new Promise<void>((resolve) => {
        const request = httpRequest(`${served.url}/v2/dead/blobs/uploads/?digest=${digest}`, {
          method: 'POST',
          headers: { 'content-length': 14 },
        });
        request.on('error', () => resolve());
        request.write('never', () => request.destroy(new Error('gone')));
      });
      expect((await call('HEAD', `/v2/dead/blobs/${digest}`)).status).toBe(404);
      expect((await call('GET', '/v2/dead/tags/list')).code).toBe('NAME_UNKNOWN');
    });
  });

  describe('manifests', () => {
    it('are found by tag and digest with the type they came with', async () => {
      const digest = await pushImage('library/demo', 'v1');
      for (const reference of ['v1', digest]) {
        const reply = await call('GET', `/v2/library/demo/manifests/${reference}`);
        expect([reply.status, reply.headers.get('content-type'), reply.headers.get('docker-content-digest')]).toEqual([
          200,
          ociManifest,
          digest,
        ]);
        expect(sha256(reply.text)).toBe(digest);
      }
      const head = await call('HEAD', '/v2/library/demo/manifests/v1');
      expect([head.status, Number(head.headers.get('content-length')) > 100, head.text]).toEqual([200, true, '']);
    });

    const put = (body: string | Buffer, contentType?: string, reference = 'bad'): Promise<Reply> =>
      call('PUT', `/v2/bad/manifests/${reference}`, { body, headers: contentType ? { 'content-type': contentType } : {} });

    it.each<[string, () => Promise<Reply>, number, string]>([
      ['not JSON', () => put('{', ociManifest), 400, 'MANIFEST_INVALID'],
      ['a list', () => put('[]', ociManifest), 400, 'MANIFEST_INVALID'],
      ['schema 1', () => put('{"schemaVersion":1}', 'application/vnd.docker.distribution.manifest.v1+json'), 400, 'MANIFEST_INVALID'],
      ['another type in the body', () => put(manifestOf('c', []), ociIndex), 400, 'MANIFEST_INVALID'],
      [
        'a traversal as digest',
        () => put(manifestOf('c', []).replace(/sha256:[0-9a-f]+/, 'sha256:../../x'), ociManifest),
        400,
        'MANIFEST_INVALID',
      ],
      ['blobs that are not there', () => put(manifestOf('absent', []), ociManifest), 400, 'MANIFEST_BLOB_UNKNOWN'],
      [
        'an index of what is not there',
        () =>
          put(
            JSON.stringify({
              schemaVersion: 2,
              mediaType: ociIndex,
              manifests: [{ mediaType: ociManifest, digest: sha256('no'), size: 2 }],
            }),
            ociIndex,
          ),
        400,
        'MANIFEST_BLOB_UNKNOWN',
      ],
      ['more than 4 MiB', () => put(Buffer.alloc(4 * 1024 * 1024 + 1, ' '), ociManifest), 413, 'MANIFEST_INVALID'],
      ['a bad tag', () => put(manifestOf('c', []), ociManifest, '.hidden'), 400, 'TAG_INVALID'],
      ['another digest', () => put(manifestOf('c', []), ociManifest, sha256('other')), 400, 'DIGEST_INVALID'],
    ])('%s is refused', async (_what, push, status, code) => {
      const reply = await push();
      expect([reply.status, reply.code]).toEqual([status, code]);
      expect((await call('GET', '/v2/bad/tags/list')).code).toBe('NAME_UNKNOWN');
    });

    it('pushed by digest take tags as parameters', async () => {
      await pushImage('many', 'first');
      const body = manifestOf('config', ['layer'], { annotations: { many: 'tags' } });
      const digest = sha256(body);
      const pushed = (query: string, reference = digest): Promise<Reply> =>
        call('PUT', `/v2/many/manifests/${reference}?${query}`, { body, headers: { 'content-type': ociManifest } });
      const reply = await pushed('tag=1.2&tag=latest');
      expect([reply.status, reply.headers.get('oci-tag'), reply.headers.get('docker-content-digest')]).toEqual([
        201,
        '1.2, latest',
        digest,
      ]);
      expect(JSON.parse((await call('GET', '/v2/many/tags/list')).text).tags).toEqual(['1.2', 'first', 'latest']);
      expect((await call('HEAD', '/v2/many/manifests/1.2')).headers.get('docker-content-digest')).toBe(digest);
      const bad = await pushed('tag=good&tag=../bad');
      expect([bad.status, bad.code]).toEqual([400, 'TAG_INVALID']);
      expect((await pushed(Array.from({ length: 101 }, (_n, i) => `tag=t${i}`).join('&'))).status).toBe(414);
      const byTag = await pushed('tag=ignored', 'second');
      expect([byTag.status, byTag.headers.get('oci-tag')]).toEqual([201, 'second']);
      expect((await call('GET', '/v2/many/manifests/good')).status).toBe(404);
      expect((await call('GET', '/v2/many/manifests/ignored')).status).toBe(404);
    });

    it('deleting a tag keeps the manifest, deleting the digest takes its tags along', async () => {
      const digest = await pushImage('gone', 'a');
      await pushImage('gone', 'b');
      expect((await call('DELETE', '/v2/gone/manifests/a')).status).toBe(202);
      expect((await call('GET', `/v2/gone/manifests/${digest}`)).status).toBe(200);
      expect((await call('DELETE', `/v2/gone/manifests/${digest}`)).status).toBe(202);
      expect((await call('GET', '/v2/gone/manifests/b')).code).toBe('MANIFEST_UNKNOWN');
      expect(JSON.parse((await call('GET', '/v2/gone/tags/list')).text)).toEqual({ name: 'gone', tags: [] });
    });
  });

  describe('lists', () => {
    it('pages tags with a link to the rest', async () => {
      for (const tag of ['c', 'a', 'b', 'B']) await pushImage('paged', tag);
      expect(JSON.parse((await call('GET', '/v2/paged/tags/list')).text)).toEqual({ name: 'paged', tags: ['B', 'a', 'b', 'c'] });
      const page = await call('GET', '/v2/paged/tags/list?n=2');
      expect(JSON.parse(page.text)).toEqual({ name: 'paged', tags: ['B', 'a'] });
      const link = /^<(.+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
      const rest = await call('GET', link);
      expect([JSON.parse(rest.text).tags, rest.headers.get('link')]).toEqual([['b', 'c'], null]);
      expect(JSON.parse((await call('GET', '/v2/paged/tags/list?n=0')).text).tags).toEqual([]);
      expect((await call('GET', '/v2/paged/tags/list?n=x')).code).toBe('PAGINATION_NUMBER_INVALID');
    });

    it('catalogues repositories', async () => {
      await pushImage('zz/deep/er', 'x');
      const all = JSON.parse((await call('GET', '/v2/_catalog')).text) as { repositories: string[] };
      expect(all.repositories).toContain('zz/deep/er');
      const page = await call('GET', '/v2/_catalog?n=1');
      expect(page.headers.get('link')).toContain('/v2/_catalog?n=1&last=');
    });

    it('lists referrers, filtered by artifact type, and forgets the deleted', async () => {
      const subject = await pushImage('signed', 'v1');
      const refer = { subject: { mediaType: ociManifest, digest: subject, size: 1 } };
      const signature = await pushImage('signed', 'sig', { ...refer, artifactType: 'application/x-signature', annotations: { by: 'me' } });
      const other = await pushImage('signed', 'sbom', refer);
      const all = await call('GET', `/v2/signed/referrers/${subject}`);
      expect(all.headers.get('content-type')).toBe(ociIndex);
      expect((JSON.parse(all.text).manifests as { digest: string }[]).map((m) => m.digest).sort()).toEqual([signature, other].sort());
      const filtered = await call('GET', `/v2/signed/referrers/${subject}?artifactType=application/x-signature`);
      expect(filtered.headers.get('oci-filters-applied')).toBe('artifactType');
      expect(JSON.parse(filtered.text).manifests).toMatchObject([
        { digest: signature, artifactType: 'application/x-signature', annotations: { by: 'me' } },
      ]);
      await call('DELETE', `/v2/signed/manifests/${signature}`);
      expect((JSON.parse((await call('GET', `/v2/signed/referrers/${subject}`)).text).manifests as object[]).length).toBe(1);
      expect(JSON.parse((await call('GET', `/v2/nothing/referrers/${subject}`)).text).manifests).toEqual([]);
    });
  });

  describe('garbage collection', () => {
    it('removes what no manifest names once nobody has touched it for the grace period', async () => {
      const manual = new ManualClock();
      const own = await make(manual);
      const before = served;
      served = await serveRegistry(own.driver, manual);
      try {
        await pushImage('kept', 'v1');
        const lost = await pushBlob('kept', 'nobody names me');
        const dropped = await pushImage('dropped', 'v1', { annotations: { only: 'here' } });
        await call('DELETE', `/v2/dropped/manifests/${dropped}`);
        await call('POST', '/v2/kept/blobs/uploads/');
        expect((await served.registry.collectGarbage()).removedBlobs).toEqual([]);
        const later = systemClock.now().getTime() + 48 * 3_600_000;
        await manual.advance(later - manual.now().getTime());
        const report = await served.registry.collectGarbage();
        expect(report.removedBlobs.sort()).toEqual([lost, dropped].sort());
        expect([report.removedUploads, report.freedBytes > 15]).toEqual([1, true]);
        expect((await call('HEAD', `/v2/kept/blobs/${lost}`)).status).toBe(404);
        expect((await call('GET', '/v2/kept/manifests/v1')).status).toBe(200);
        expect(await own.driver.list('uploads')).toEqual([]);
      } finally {
        await served.close();
        served = before;
        await own.remove();
      }
    });
  });

  describe('metrics', () => {
    it('count requests by code, handler and method under the Docker registry names', async () => {
      await call('GET', '/v2/');
      expect(await served.metrics.metrics()).toContain('registry_http_requests_total{code="200",handler="base",method="get"}');
    });
  });
});
