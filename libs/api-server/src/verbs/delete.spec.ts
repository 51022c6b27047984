import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'ns' } } });
});
afterEach(() => server.close());

const path = '/api/v1/namespaces/ns/configmaps';
const create = (metadata: object) => server.call('POST', path, { body: { metadata } });
const meta = (json: unknown) => (json as { metadata: Record<string, unknown> }).metadata;

it.each([
  ['Foreground', ['foregroundDeletion']],
  ['Orphan', ['orphan']],
])('%s propagation leaves the object to the garbage collector', async (propagationPolicy, finalizers) => {
  await create({ name: 'a' });
  const { status, json } = await server.call('DELETE', `${path}/a`, { body: { propagationPolicy } });
  expect({ status, meta: meta(json) }).toMatchObject({ status: 200, meta: { finalizers, deletionGracePeriodSeconds: 0 } });
  expect(meta(json).deletionTimestamp).toEqual(expect.stringMatching(/Z$/));
});

it('takes propagation from the query when there is no body', async () => {
  await create({ name: 'a' });
  const { json } = await server.call('DELETE', `${path}/a?propagationPolicy=Foreground`);
  expect(meta(json)).toMatchObject({ finalizers: ['foregroundDeletion'] });
});

it('Background takes the collector finalizers away again', async () => {
  await create({ name: 'a', finalizers: ['orphan'] });
  await server.call('DELETE', `${path}/a`, { body: { propagationPolicy: 'Background' } });
  expect((await server.call('GET', `${path}/a`)).status).toBe(404);
});

it('keeps an object until its last finalizer is gone', async () => {
  await create({ name: 'a', finalizers: ['example.com/x'] });
  expect((await server.call('DELETE', `${path}/a`)).json).toMatchObject({ kind: 'ConfigMap' });
  expect((await server.call('DELETE', `${path}/a`)).status).toBe(200);
  const more = await server.call('PATCH', `${path}/a`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { finalizers: ['example.com/x', 'example.com/y'] } },
  });
  expect(more).toMatchObject({ status: 422, json: { reason: 'Invalid' } });
  const last = await server.call('PATCH', `${path}/a`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { finalizers: null } },
  });
  expect(last.status).toBe(200);
  expect((await server.call('GET', `${path}/a`)).status).toBe(404);
});

it.each([
  [{ preconditions: { uid: 'x' } }, 409],
  [{ preconditions: { resourceVersion: '1' } }, 409],
  [{ propagationPolicy: 'Sideways' }, 422],
  [{ propagationPolicy: 'Orphan', orphanDependents: true }, 422],
  [{ dryRun: ['Some'] }, 422],
])('refuses %j with %i and deletes nothing', async (body, status) => {
  await create({ name: 'a' });
  expect((await server.call('DELETE', `${path}/a`, { body })).status).toBe(status);
  expect((await server.call('GET', `${path}/a`)).status).toBe(200);
});

it('a dry run deletes nothing', async () => {
  await create({ name: 'a' });
  expect((await server.call('DELETE', `${path}/a?dryRun=All`)).status).toBe(200);
  expect((await server.call('DELETE', `${path}/a`, { body: { dryRun: ['All'] } })).status).toBe(200);
  expect((await server.call('GET', `${path}/a`)).status).toBe(200);
});

it('deletes a collection by selector, and answers what it deleted', async () => {
  for (const name of ['a', 'b', 'c']) await create({ name, labels: { go: String(name !== 'b') } });
  const { json } = await server.call('DELETE', `${path}?labelSelector=go%3Dtrue`);
  expect((json as { items: { metadata: { name: string } }[] }).items.map((item) => item.metadata.name)).toEqual(['a', 'c']);
  expect(((await server.call('GET', path)).json as { items: unknown[] }).items).toHaveLength(1);
});

it('a namespace stays, Terminating, until it is finalized', async () => {
  const { json } = await server.call('DELETE', '/api/v1/namespaces/ns');
  expect(json).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
  expect((await create({ name: 'late' })).status).toBe(403);
  await server.call('PUT', '/api/v1/namespaces/ns/finalize', { body: { metadata: { name: 'ns' }, spec: { finalizers: [] } } });
  expect((await server.call('GET', '/api/v1/namespaces/ns')).status).toBe(404);
});

describe('a kind whose dependents stay unless told otherwise', () => {
  const jobs = '/apis/batch/v1/namespaces/ns/jobs';
  const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } };
  it.each([
    ['', ['orphan'], true],
    ['?propagationPolicy=Orphan', ['orphan'], false],
    ['?propagationPolicy=Foreground', ['foregroundDeletion'], false],
  ])('says so to who deletes with %j', async (query, finalizers, warns) => {
    await server.call('POST', jobs, { body: { metadata: { name: 'a' }, spec } });
    const { json, headers } = await server.call('DELETE', `${jobs}/a${query}`);
    expect(meta(json)).toMatchObject({ finalizers });
    expect(String(headers['warning'] ?? '').includes('child pods are preserved by default')).toBe(warns);
  });

  it('makes an object of its own identity', async () => {
    const { json } = await server.call('POST', jobs, { body: { metadata: { generateName: 'a-' }, spec } });
    const labels = { 'batch.kubernetes.io/controller-uid': meta(json).uid, 'batch.kubernetes.io/job-name': meta(json).name };
    expect(json).toMatchObject({ spec: { template: { metadata: { labels } } } });
  });
});
