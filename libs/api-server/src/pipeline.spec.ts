import { startTestServer, type TestServer } from './testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'ns' } } });
});
afterEach(() => server.close());

const configMap = (name: string, data: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const path = '/api/v1/namespaces/ns/configmaps';

it('creates, reads, lists, changes and deletes an object', async () => {
  const created = await server.call('POST', path, { body: configMap('a', { k: 'v' }) });
  expect(created).toMatchObject({ status: 201, json: { kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' }, data: { k: 'v' } } });
  const { uid, resourceVersion } = (created.json as { metadata: Record<string, string> }).metadata;
  expect(await server.call('GET', `${path}/a`)).toMatchObject({ status: 200, json: { metadata: { uid, resourceVersion } } });
  expect(await server.call('GET', path)).toMatchObject({ status: 200, json: { kind: 'ConfigMapList', items: [{ metadata: { uid } }] } });
  const changed = await server.call('PUT', `${path}/a`, { body: configMap('a', { k: 'w' }) });
  expect(changed).toMatchObject({ status: 200, json: { metadata: { uid }, data: { k: 'w' } } });
  expect(await server.call('DELETE', `${path}/a`)).toMatchObject({ status: 200, json: { status: 'Success', details: { uid } } });
  expect(await server.call('GET', `${path}/a`)).toMatchObject({ status: 404, json: { reason: 'NotFound' } });
});

it('tells watchers of every change, each in a line of its own', async () => {
  const ended = new AbortController();
  const created = await server.call('POST', path, { body: configMap('a', { k: 'v' }) });
  const { resourceVersion } = (created.json as { metadata: Record<string, string> }).metadata;
  const watching = server.call('GET', `${path}?watch=1`, { signal: ended.signal });
  await server.call('PUT', `${path}/a`, { body: configMap('a', { k: 'w' }) });
  await server.call('DELETE', `${path}/a`);
  await server.server.cache.sync();
  await new Promise((resolve) => process.nextTick(resolve));
  ended.abort();
  const lines = (await watching).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  expect(lines).toMatchObject([
    { type: 'ADDED', object: { metadata: { resourceVersion } } },
    { type: 'MODIFIED', object: { data: { k: 'w' } } },
    { type: 'DELETED', object: { data: { k: 'w' } } },
  ]);
});
