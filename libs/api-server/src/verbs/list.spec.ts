import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'ns' } } });
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await server.call('POST', path, { body: { metadata: { name, labels: { odd: String('ace'.includes(name)) } }, data: { name } } });
  }
});
afterAll(() => server.close());

const path = '/api/v1/namespaces/ns/configmaps';
interface List {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: { metadata: { name: string; resourceVersion: string } }[];
}
const list = async (query: string) => {
  const { status, json } = await server.call('GET', `${path}?${query}`);
  return { status, json, list: json as List, names: (json as Partial<List>).items?.map((item) => item.metadata.name) };
};

it.each(['a%2Fb', '..%2F..'])('there is no object with the name %s', async (name) => {
  expect((await server.call('GET', `${path}/${name}`)).status).toBe(404);
});

it('lists in order of names, with the version of the whole', async () => {
  const { names, list: whole } = await list('');
  expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(Number(whole.metadata.resourceVersion)).toBeGreaterThanOrEqual(
    Math.max(...whole.items.map((i) => Number(i.metadata.resourceVersion))),
  );
});

it.each([
  ['labelSelector=odd%3Dtrue', ['a', 'c', 'e']],
  ['labelSelector=odd!=true', ['b', 'd']],
  ['labelSelector=odd+in+(false)', ['b', 'd']],
  ['labelSelector=none', []],
  ['fieldSelector=metadata.name%3Da/b', []],
  ['fieldSelector=metadata.name%3Db', ['b']],
  ['fieldSelector=metadata.name!=b,metadata.namespace=ns', ['a', 'c', 'd', 'e']],
  ['fieldSelector=metadata.name%3Db&labelSelector=odd%3Dtrue', []],
  ['resourceVersion=0', ['a', 'b', 'c', 'd', 'e']],
])('selects by %s', async (query, want) => {
  expect((await list(query)).names).toEqual(want);
});

it('pages show the state of the first page, whatever is written meanwhile', async () => {
  const first = await list('limit=2');
  expect(first.names).toEqual(['a', 'b']);
  expect(first.list.metadata.remainingItemCount).toBe(3);
  await server.call('DELETE', `${path}/c`);
  await server.call('POST', path, { body: { metadata: { name: 'cc' } } });
  const second = await list(`limit=2&continue=${first.list.metadata.continue}`);
  expect(second.names).toEqual(['c', 'd']);
  expect(second.list.metadata.resourceVersion).toBe(first.list.metadata.resourceVersion);
  const third = await list(`limit=2&continue=${second.list.metadata.continue}`);
  expect(third.names).toEqual(['e']);
  expect(third.list.metadata.continue).toBeUndefined();
  expect((await list('')).names).toEqual(['a', 'b', 'cc', 'd', 'e']);
});

it('shows an exact version of the past', async () => {
  const before = (await list('')).list.metadata.resourceVersion;
  await server.call('DELETE', `${path}/cc`);
  expect((await list(`resourceVersion=${before}&resourceVersionMatch=Exact`)).names).toContain('cc');
  expect((await list(`resourceVersion=${before}&resourceVersionMatch=NotOlderThan`)).names).not.toContain('cc');
});

it.each([
  ['labelSelector=a+b+c', 400, 'BadRequest'],
  ['fieldSelector=spec.x%3D1', 400, 'BadRequest'],
  ['limit=x', 400, 'BadRequest'],
  ['resourceVersion=x', 400, 'BadRequest'],
  ['continue=zz', 400, 'BadRequest'],
  ['resourceVersionMatch=Exact', 422, 'Invalid'],
  ['resourceVersion=0&resourceVersionMatch=Exact', 422, 'Invalid'],
  ['resourceVersion=1&resourceVersionMatch=Some', 422, 'Invalid'],
  ['sendInitialEvents=true', 422, 'Invalid'],
  ['resourceVersion=1&resourceVersionMatch=Exact', 410, 'Expired'],
])('refuses %s with %i', async (query, status, reason) => {
  expect(await list(query)).toMatchObject({ status, json: { reason } });
});

describe('continue tokens that are none', () => {
  const token = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const v = 'meta.k8s.io/v1';
  it.each([
    ['bogus', ': illegal base64 data at input byte 4'],
    ['a!b', ': illegal base64 data at input byte 1'],
    ['YQ==', ': illegal base64 data at input byte 2'],
    [token('bogus'), ": invalid character 'b' looking for beginning of value"],
    [token('{"v":'), ': unexpected end of JSON input'],
    [token([]), ': json: cannot unmarshal array into Go value of type storage.continueToken'],
    [token({ v, rv: 'x' }), ': json: cannot unmarshal string into Go struct field continueToken.rv of type int64'],
    [token({ v, rv: 1.5 }), ': json: cannot unmarshal number 1.5 into Go struct field continueToken.rv of type int64'],
    [token({ v: 'v2', rv: 1, start: 'a' }), ': server does not recognize this encoded version'],
    [token(null), ': server does not recognize this encoded version'],
    [token({ v, rv: 0, start: 'a' }), ': incorrect encoded start resourceVersion (version meta.k8s.io/v1)'],
    [token({ v, rv: 1 }), ': encoded start key empty (version meta.k8s.io/v1)'],
  ])('%s', async (text, why) => {
    const message = `invalid continue token: continue key is not valid${why}`;
    expect(await list(`continue=${encodeURIComponent(text)}`)).toMatchObject({ status: 400, json: { reason: 'BadRequest', message } });
  });
});
