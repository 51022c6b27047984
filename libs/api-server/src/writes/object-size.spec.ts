import { createSealing, MemoryStore, sealedStore } from '#store';
import { systemClock } from '#base';
import { startTestServer, type TestServer } from '../testing.ts';

const MiB = 1024 * 1024;

let server: TestServer;
beforeAll(async () => {
  const sealing = createSealing([{ id: 'k', secret: Buffer.alloc(32, 1) }]);
  server = await startTestServer({
    store: sealedStore(new MemoryStore({ clock: systemClock }), sealing, (key) => key.startsWith('/secrets/')),
  });
});
afterAll(() => server.close());

let count = 0;
const create = async (resource: string, rest: { metadata?: object; [field: string]: unknown }): Promise<number> => {
  const body = { ...rest, metadata: { name: `o${count++}`, ...rest.metadata } };
  return (await server.call('POST', `/api/v1/namespaces/default/${resource}`, { body })).status;
};
const base64 = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64');
const annotations = (bytes: number): object => ({ annotations: { 'example.com/a': 'x'.repeat(bytes - 'example.com/a'.length) } });

/** The documented limits: 1 MiB of data, 256 KiB of annotations, 1.5 MiB in all, of what the client sent. */
describe('how large an object may be', () => {
  it.each([
    ['a Secret of 1 MiB', 'secrets', { data: { k: base64(MiB) } }, 201],
    ['a Secret of 1 MiB as text', 'secrets', { stringData: { k: 'x'.repeat(MiB) } }, 201],
    [
      'a Secret of 1 MiB in many keys',
      'secrets',
      { data: Object.fromEntries(Array.from({ length: 1024 }, (_, i) => [`k${i}`, base64(1024)])) },
      201,
    ],
    ['a Secret of 1 MiB with all annotations', 'secrets', { data: { k: base64(MiB) }, metadata: annotations(256 * 1024) }, 201],
    ['a Secret of more', 'secrets', { data: { k: base64(MiB + 1) } }, 422],
    ['a ConfigMap of 1 MiB', 'configmaps', { data: { k: 'x'.repeat(MiB) } }, 201],
    ['a ConfigMap of 1 MiB of quotes', 'configmaps', { data: { k: '"'.repeat(MiB) } }, 201],
    ['a ConfigMap of 1 MiB of wide characters', 'configmaps', { data: { k: '€'.repeat(MiB / 3) } }, 201],
    [
      'a ConfigMap of 1 MiB of bytes, with all annotations',
      'configmaps',
      { binaryData: { k: base64(MiB) }, metadata: annotations(256 * 1024) },
      201,
    ],
    ['a ConfigMap of more', 'configmaps', { data: { k: 'x'.repeat(MiB) }, binaryData: { b: base64(1) } }, 422],
    ['annotations of more', 'configmaps', { metadata: annotations(256 * 1024 + 1) }, 422],
    ['a pod of 1.4 MiB', 'pods', { spec: { containers: [{ name: 'c', image: 'i', args: ['x'.repeat(1.4 * MiB)] }] } }, 201],
    ['a pod of 1.6 MiB', 'pods', { spec: { containers: [{ name: 'c', image: 'i', args: ['x'.repeat(1.6 * MiB)] }] } }, 413],
  ])('%s: %3$i', async (_what, resource, body, status) => {
    await create('serviceaccounts', { metadata: { name: 'default' } });
    expect(await create(resource, body)).toBe(status);
  });

  it('counts after a patch, and dry runs too', async () => {
    const args = ['x'.repeat(0.8 * MiB)];
    const container = (name: string): object => ({ name, image: 'i', args });
    await server.call('POST', '/api/v1/namespaces/default/podtemplates', {
      body: { metadata: { name: 't' }, template: { spec: { containers: [container('a')] } } },
    });
    const body = { template: { spec: { containers: [container('a'), container('b')] } } };
    const headers = { 'content-type': 'application/merge-patch+json' };
    for (const query of ['?dryRun=All', '']) {
      const answer = await server.call('PATCH', `/api/v1/namespaces/default/podtemplates/t${query}`, { body, headers });
      expect(answer).toMatchObject({ status: 413, json: { reason: 'RequestEntityTooLarge' } });
    }
  });

  it('is watched, however large', async () => {
    const ended = new AbortController();
    const resource = { group: '', version: 'v1', resource: 'configmaps' };
    const seen: string[] = [];
    const watching = { user: { username: 'u', groups: [] }, resource, namespace: 'watched', resourceVersion: '0', maxPendingBytes: 1000 };
    await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'watched' } } });
    const reading = (async () => {
      for await (const batch of server.resources.watch(watching, ended.signal)) {
        for (const event of batch) if (event.type !== 'BOOKMARK') seen.push(event.served.object.metadata.name ?? '');
        if (seen.length > 0) ended.abort();
      }
    })();
    await server.call('POST', '/api/v1/namespaces/watched/configmaps', {
      body: { metadata: { name: 'large' }, data: { k: 'x'.repeat(5000) } },
    });
    await reading;
    expect(seen).toEqual(['large']);
  });
});
