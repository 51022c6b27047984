import { kinds } from '#kinds';
import type { KindDefinition, ServedVersion } from '#kinds/contract';
import { startTestServer, type TestAnswer, type TestServer } from '../testing.ts';

const table = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
const protobuf = { accept: 'application/vnd.kubernetes.protobuf' };
const fail = (): never => {
  throw new TypeError('a step after the write');
};

const changed = (name: string, change: (kind: KindDefinition) => KindDefinition): KindDefinition[] =>
  kinds.map((kind) => (kind.gvk.kind === name ? change(kind) : kind));

let server: TestServer | undefined;
afterEach(() => server?.close());

const start = async (definitions: readonly KindDefinition[]): Promise<TestServer> =>
  (server = await startTestServer({ kinds: definitions }));

const url = '/api/v1/namespaces/default/configmaps';

describe('nothing after a write turns its answer into an error', () => {
  const everyWrite: [string, (server: TestServer, headers: Record<string, string>) => Promise<TestAnswer>, number][] = [
    ['create', (api, headers) => api.call('POST', url, { body: { metadata: { name: 'b' } }, headers }), 201],
    ['update', (api, headers) => api.call('PUT', `${url}/a`, { body: { metadata: { name: 'a' }, data: { k: 'v' } }, headers }), 200],
    ['patch', (api, headers) => api.call('PATCH', `${url}/a`, { body: { data: { k: 'v' } }, headers: { ...headers, ...merge } }), 200],
    ['delete', (api, headers) => api.call('DELETE', `${url}/a`, { headers }), 200],
    ['deletecollection', (api, headers) => api.call('DELETE', url, { headers }), 200],
  ];
  const merge = { 'content-type': 'application/merge-patch+json' };

  it.each(everyWrite)('a column that fails, %s', async (_verb, write, status) => {
    const columns = [{ name: 'Broken', type: 'string' as const, value: fail }];
    const api = await start(changed('ConfigMap', (kind) => ({ ...kind, columns, strategy: { ...kind.strategy, returnsDeleted: true } })));
    await api.call('POST', url, { body: { metadata: { name: 'a' } } });
    expect(await write(api, table)).toMatchObject({ status, json: expect.objectContaining({ kind: expect.any(String) }) as unknown });
  });

  it.each(everyWrite)('no protobuf form, %s', async (_verb, write, status) => {
    // A value that the encoder cannot take, in a field that nothing looks at.
    const prepare = (object: object): never => ({ ...object, immutable: Symbol.iterator }) as never;
    const api = await start(
      changed('ConfigMap', (kind) => ({
        ...kind,
        strategy: { prepareForCreate: prepare, prepareForUpdate: prepare, returnsDeleted: true },
      })),
    );
    await api.call('POST', url, { body: { metadata: { name: 'a' } } });
    expect((await write(api, protobuf)).status).toBe(status);
  });

  it('a version that cannot be shown is found out before the write', async () => {
    const broken = (version: ServedVersion): ServedVersion => ({ ...version, fromStored: fail });
    const api = await start(changed('Event', (kind) => ({ ...kind, alsoServed: kind.alsoServed?.map(broken) })));
    const body = {
      metadata: { name: 'e' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'c',
      reportingInstance: 'i',
      action: 'a',
      reason: 'r',
      type: 'Normal',
    };
    const { status, text } = await api.call('POST', '/apis/events.k8s.io/v1/namespaces/default/events', { body });
    expect(status).toBe(500);
    expect(text).not.toContain('a step after the write'); // the log has it
    expect((await api.call('GET', '/api/v1/namespaces/default/events/e')).status).toBe(404);
  });

  it('an answer that is asked for wrongly is refused before the write', async () => {
    const api = await start(kinds);
    const { status } = await api.call('POST', `${url}?includeObject=Some`, { body: { metadata: { name: 'a' } }, headers: table });
    expect(status).toBe(400);
    expect((await api.call('GET', `${url}/a`)).status).toBe(404);
  });
});

describe('what has no columns', () => {
  const review = { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } };
  it.each([
    ['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review],
    ['/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews', review],
    ['/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { spec: { namespace: 'default' } }],
    ['/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'x' } }],
    ['/apis/authentication.k8s.io/v1/selfsubjectreviews', {}],
    ['/api/v1/namespaces/default/serviceaccounts/default/token', {}],
    ['/api/v1/namespaces/default/pods/p/eviction', {}],
  ])('%s is no table', async (path, body) => {
    const api = await start(kinds);
    expect((await api.call('POST', path, { body, headers: table })).json).toMatchObject({ code: 406, reason: 'NotAcceptable' });
    const both = { accept: `${table.accept}, application/json` };
    expect((await api.call('POST', path, { body, headers: both })).status).not.toBe(406);
  });
});
