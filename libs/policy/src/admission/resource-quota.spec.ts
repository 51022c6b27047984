import type { AdmissionVerb } from '#api-server/contract';
import { startTestServer, type TestServer } from '#api-server/testing';
import { resourceQuota } from './resource-quota.ts';

let server: TestServer;
let namespace: string;
let count = 0;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());
beforeEach(async () => {
  namespace = `quota-${count++}`;
  await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
  await server.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
});

const quotas = (): string => `/api/v1/namespaces/${namespace}/resourcequotas`;

/** A quota that its controller has counted once. */
async function quota(name: string, hard: Record<string, string>, used: Record<string, string>, spec: object = {}): Promise<void> {
  await server.call('POST', quotas(), { body: { metadata: { name }, spec: { hard, ...spec } } });
  const body = { status: { hard, used } };
  const headers = { 'content-type': 'application/merge-patch+json' };
  const { status } = await server.call('PATCH', `${quotas()}/${name}/status`, { body, headers });
  if (status !== 200) throw new Error(`status of the quota: ${status}`);
}
const used = async (name: string): Promise<unknown> =>
  ((await server.call('GET', `${quotas()}/${name}`)).json as { status: { used: unknown } }).status.used;
async function create(resource: string, body: object, query = ''): Promise<{ status: number; message?: string }> {
  const { status, json } = await server.call('POST', `/api/v1/namespaces/${namespace}/${resource}${query}`, { body });
  return { status, message: (json as { message?: string }).message };
}
const pod = (name: string, resources?: object, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', ...(resources && { resources }) }], ...spec },
});

describe('ResourceQuota', () => {
  it('charges what is made and refuses what is too much, in Kubernetes’ words', async () => {
    await quota('q', { pods: '2', 'requests.cpu': '1' }, { pods: '0', 'requests.cpu': '0' });
    const cpu = (amount: string) => ({ requests: { cpu: amount } });
    expect(await create('pods', pod('a', cpu('600m')))).toMatchObject({ status: 201 });
    expect(await used('q')).toEqual({ pods: '1', 'requests.cpu': '600m' });
    expect(await create('pods', pod('b', cpu('500m')))).toEqual({
      status: 403,
      message: 'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    });
    expect(await create('pods', pod('b', cpu('100m')), '?dryRun=All')).toMatchObject({ status: 201 });
    expect(await create('pods', pod('b', cpu('100m')))).toMatchObject({ status: 201 });
    expect((await create('pods', pod('c', cpu('1')))).message).toBe(
      'pods "c" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=1, used: pods=2,requests.cpu=700m, limited: pods=2,requests.cpu=1',
    );
    expect(await used('q')).toEqual({ pods: '2', 'requests.cpu': '700m' });
  });

  it('wants to know what pods take of what it counts', async () => {
    await quota('q', { 'limits.memory': '1Gi', cpu: '1' }, { 'limits.memory': '0', cpu: '0' });
    expect((await create('pods', pod('a'))).message).toBe(
      'pods "a" is forbidden: failed quota: q: must specify cpu for: c; limits.memory for: c',
    );
  });

  it('restricts nothing before it was counted, and nothing whose count is not known', async () => {
    await server.call('POST', quotas(), { body: { metadata: { name: 'new' }, spec: { hard: { pods: '0' } } } });
    expect(await create('pods', pod('a'))).toMatchObject({ status: 201 });
    await quota('half', { configmaps: '5' }, {});
    expect((await create('configmaps', { metadata: { name: 'x' } })).message).toBe(
      'configmaps "x" is forbidden: status unknown for quota: half, resources: configmaps',
    );
  });

  it('chooses pods by its scopes', async () => {
    await quota('best', { pods: '0' }, { pods: '0' }, { scopes: ['BestEffort'] });
    expect(await create('pods', pod('a', { requests: { cpu: '1m' } }))).toMatchObject({ status: 201 });
    expect(await create('pods', pod('b'))).toMatchObject({ status: 403 });
  });

  it('counts objects of every kind, and ports of services', async () => {
    const hard = { 'count/secrets': '1', 'services.nodeports': '1', services: '5' };
    await quota('q', hard, { 'count/secrets': '0', 'services.nodeports': '0', services: '0' });
    expect(await create('secrets', { metadata: { name: 'a' } })).toMatchObject({ status: 201 });
    expect((await create('secrets', { metadata: { name: 'b' } })).message).toBe(
      'secrets "b" is forbidden: exceeded quota: q, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1',
    );
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ];
    expect(await create('services', { metadata: { name: 's' }, spec: { ports } })).toMatchObject({ status: 201 });
    const open = await server.call('PATCH', `/api/v1/namespaces/${namespace}/services/s`, {
      body: { spec: { type: 'NodePort' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(open.json).toMatchObject({
      code: 403,
      message:
        'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
    });
  });
});

describe('ResourceQuota gives back', () => {
  const cases: [string, (name: string) => Promise<{ status: number }>, number][] = [
    ['what a create of a taken name was charged', (name) => create('configmaps', { metadata: { name } }), 409],
    ['what a dry run would take', () => create('configmaps', { metadata: { name: 'other' } }, '?dryRun=All'), 201],
    [
      'what an object that is too large was charged',
      () => create('configmaps', { metadata: { name: 'other' }, data: { a: 'x'.repeat(1024 * 1024 + 1) } }),
      422,
    ],
  ];
  it.each(cases)('%s', async (_what, attempt, status) => {
    await quota('q', { configmaps: '5' }, { configmaps: '0' });
    expect(await create('configmaps', { metadata: { name: 'a' } })).toMatchObject({ status: 201 });
    expect(await attempt('a')).toMatchObject({ status });
    expect(await used('q')).toEqual({ configmaps: '1' });
  });

  it('to all quotas when one of them refuses', async () => {
    await quota('roomy', { configmaps: '5' }, { configmaps: '0' });
    await quota('tight', { 'count/configmaps': '1' }, { 'count/configmaps': '1' });
    expect(await create('configmaps', { metadata: { name: 'a' } })).toMatchObject({ status: 403 });
    expect(await used('roomy')).toEqual({ configmaps: '0' });
  });
});

it.each<[AdmissionVerb, string, string, boolean]>([
  ['create', 'pods', '', true],
  ['create', 'widgets', '', true],
  ['create', 'events', '', false],
  ['create', 'pods', 'binding', false],
  ['update', 'services', '', true],
  ['update', 'services', 'status', false],
  ['update', 'pods', 'resize', true],
  ['update', 'pods', '', false],
  ['delete', 'pods', '', false],
])('a %s of %s/%s is looked at: %s', (verb, resource, subresource, want) => {
  expect(resourceQuota.handles(verb, { group: '', version: 'v1', resource }, subresource)).toBe(want);
});
