import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'ns' } } });
});
afterEach(() => server.close());

const path = '/api/v1/namespaces/ns/configmaps';
interface Shown {
  metadata: { resourceVersion: string; uid: string; generation?: number; managedFields?: { manager: string; subresource?: string }[] };
}
const create = async (body: object = { metadata: { name: 'a' }, data: { k: '1' } }) =>
  (await server.call('POST', path, { body })).json as Shown;
const merge = { 'content-type': 'application/merge-patch+json' };
const apply = { 'content-type': 'application/apply-patch+yaml' };

it('an update that changes nothing writes nothing', async () => {
  const { metadata } = await create();
  const { json } = await server.call('PUT', `${path}/a?fieldManager=other`, { body: { metadata: { name: 'a' }, data: { k: '1' } } });
  expect((json as Shown).metadata.resourceVersion).toBe(metadata.resourceVersion);
  const patched = await server.call('PATCH', `${path}/a`, { headers: merge, body: { data: { k: '1' } } });
  expect((patched.json as Shown).metadata.resourceVersion).toBe(metadata.resourceVersion);
});

it('an update has to name its object; a configuration that is applied has not', async () => {
  await create();
  expect(await server.call('PUT', `${path}/a`, { body: { metadata: {}, data: { k: '2' } } })).toMatchObject({
    status: 400,
    json: { message: 'the name of the object (a based on URL) was undeterminable: name must be provided' },
  });
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { z: '1' } };
  expect((await server.call('PATCH', `${path}/a?fieldManager=m`, { headers: apply, body: config })).status).toBe(200);
});

it('a stale version is a conflict, a fresh one is not', async () => {
  const { metadata } = await create();
  const body = (resourceVersion: string, k: string) => ({ metadata: { name: 'a', resourceVersion }, data: { k } });
  expect((await server.call('PUT', `${path}/a`, { body: body(metadata.resourceVersion, '2') })).status).toBe(200);
  expect(await server.call('PUT', `${path}/a`, { body: body(metadata.resourceVersion, '3') })).toMatchObject({
    status: 409,
    json: { reason: 'Conflict' },
  });
});

it('concurrent patches of one object all hold', async () => {
  await create();
  const keys = Array.from({ length: 30 }, (_, i) => `k${i}`);
  await Promise.all(keys.map((key) => server.call('PATCH', `${path}/a`, { headers: merge, body: { data: { [key]: 'x' } } })));
  const { json } = await server.call('GET', `${path}/a`);
  expect(Object.keys((json as { data: object }).data)).toEqual(expect.arrayContaining(keys));
});

it('another uid is a conflict', async () => {
  await create();
  expect((await server.call('PUT', `${path}/a`, { body: { metadata: { name: 'a', uid: 'x' } } })).status).toBe(409);
});

it('a dry run answers the outcome and keeps the object', async () => {
  const { metadata } = await create();
  const { json } = await server.call('PUT', `${path}/a?dryRun=All`, { body: { metadata: { name: 'a' }, data: { k: '2' } } });
  expect(json).toMatchObject({ data: { k: '2' }, metadata: { resourceVersion: metadata.resourceVersion } });
  expect((await server.call('GET', `${path}/a`)).json).toMatchObject({ data: { k: '1' } });
  expect(await server.call('POST', `${path}?dryRun=All`, { body: { metadata: { name: 'b' } } })).toMatchObject({ status: 201 });
  expect((await server.call('GET', `${path}/b`)).status).toBe(404);
});

it('unknown fields are told, refused or ignored, as asked', async () => {
  const body = { metadata: { name: 'b' }, nope: 1 };
  const strict = await server.call('POST', `${path}?fieldValidation=Strict`, { body });
  expect(strict).toMatchObject({ status: 400, json: { message: expect.stringContaining('unknown field "nope"') as unknown } });
  expect(await server.call('POST', `${path}?fieldValidation=Warn`, { body })).toMatchObject({
    status: 201,
    headers: { warning: ['299 - "unknown field \\"nope\\""'] },
  });
  const ignored = await server.call('POST', `${path}?fieldValidation=Ignore`, { body: { ...body, metadata: { name: 'c' } } });
  expect(ignored.headers.warning).toBeUndefined();
  expect((await server.call('POST', `${path}?fieldValidation=Maybe`, { body })).status).toBe(422);
});

it('apply creates, owns, conflicts and is forced', async () => {
  const config = (k: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', data: { k } });
  const first = await server.call('PATCH', `${path}/z?fieldManager=one`, { headers: apply, body: config('1') });
  expect(first.status).toBe(201);
  const again = await server.call('PATCH', `${path}/z?fieldManager=one`, { headers: apply, body: config('1') });
  expect([again.status, (again.json as Shown).metadata.resourceVersion]).toEqual([200, (first.json as Shown).metadata.resourceVersion]);
  expect((await server.call('PATCH', `${path}/z?fieldManager=two`, { headers: apply, body: config('2') })).status).toBe(409);
  const forced = await server.call('PATCH', `${path}/z?fieldManager=two&force=true`, { headers: apply, body: config('2') });
  expect((forced.json as Shown).metadata.managedFields?.map(({ manager }) => manager)).toEqual(['two']);
  expect((await server.call('PATCH', `${path}/z`, { headers: apply, body: config('2') })).status).toBe(422);
});

const deployments = '/apis/apps/v1/namespaces/ns/deployments';
const deployment = (replicas: number) => ({
  metadata: { name: 'd' },
  spec: {
    replicas,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
});

it('generation counts what is wanted, and status has a path of its own', async () => {
  const { json } = await server.call('POST', deployments, { body: { ...deployment(1), status: { replicas: 9 } } });
  expect(json).toMatchObject({ metadata: { generation: 1 }, status: {} });
  expect((json as { status: { replicas?: number } }).status.replicas).toBeUndefined();
  const status = await server.call('PATCH', `${deployments}/d/status`, {
    headers: merge,
    body: { status: { replicas: 3 }, spec: { replicas: 7 } },
  });
  expect(status.json).toMatchObject({ metadata: { generation: 1 }, status: { replicas: 3 }, spec: { replicas: 1 } });
  const scaled = await server.call('PATCH', `${deployments}/d/scale`, { headers: merge, body: { spec: { replicas: 4 } } });
  expect(scaled.json).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { replicas: 3, selector: 'a=b' } });
  expect((await server.call('GET', `${deployments}/d`)).json).toMatchObject({ metadata: { generation: 2 }, status: { replicas: 3 } });
  expect((await server.call('PATCH', `${deployments}/d/scale`, { headers: merge, body: { spec: { replicas: -1 } } })).status).toBe(422);
});

it('many writes meet, each with an outcome of its own', async () => {
  const api = server.api();
  const resource = { group: '', version: 'v1', resource: 'configmaps' };
  const object = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' } });
  const results = await api.writeMany([
    { verb: 'create', resource, namespace: 'ns', object: object('m1') },
    { verb: 'create', resource, namespace: 'ns', object: object('Bad!') },
    { verb: 'create', resource, namespace: 'ns', object: object('m2') },
    { verb: 'delete', resource, namespace: 'ns', name: 'nope' },
  ]);
  expect(results.map((result) => (result.ok ? 'ok' : result.status.reason))).toEqual(['ok', 'Invalid', 'ok', 'NotFound']);
});
