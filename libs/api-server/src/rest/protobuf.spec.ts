import { builtinTypes, decodeBody, type Gvk, protobufMediaType } from '#api';
import { startTestServer, type TestAnswer, type TestServer } from '../testing.ts';

const protobuf = { accept: protobufMediaType };
const core = (kind: string): Gvk => ({ group: '', version: 'v1', kind });
const decoded = (bytes: Uint8Array, gvk: Gvk): unknown =>
  decodeBody(builtinTypes, bytes, { gvk, mediaType: protobufMediaType, defaults: false });
const read = (answer: TestAnswer, gvk: Gvk): unknown => {
  expect(answer.headers['content-type']).toBe(protobufMediaType);
  return decoded(answer.bytes, gvk);
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['a', 'b'])
    await server.call('POST', '/api/v1/namespaces/default/configmaps', { body: { metadata: { name }, data: { name } } });
});
afterAll(() => server.close());

describe('answers in protobuf', () => {
  const path = '/api/v1/namespaces/default/configmaps';

  it.each([protobufMediaType, `${protobufMediaType},application/json`, `application/json;q=0.5,${protobufMediaType}`])(
    'one object to a client that accepts %s',
    async (accept) => {
      const json = await server.call('GET', `${path}/a`);
      expect(read(await server.call('GET', `${path}/a`, { headers: { accept } }), core('ConfigMap'))).toEqual(json.json);
    },
  );

  it('a page of a list', async () => {
    const answer = await server.call('GET', `${path}?limit=1`, { headers: protobuf });
    const list = read(answer, core('ConfigMapList')) as { metadata: object; items: { data: object }[] };
    expect(list.metadata).toMatchObject({ continue: expect.any(String), remainingItemCount: 1, resourceVersion: expect.any(String) });
    expect(list.items.map(({ data }) => data)).toEqual([{ name: 'a' }]);
  });

  it('what a write made', async () => {
    const answer = await server.call('POST', path, { headers: protobuf, body: { metadata: { name: 'c' } } });
    expect(answer.status).toBe(201);
    expect(read(answer, core('ConfigMap'))).toMatchObject({ metadata: { name: 'c', uid: expect.any(String) } });
    const removed = await server.call('DELETE', `${path}/c`, { headers: protobuf });
    expect(read(removed, core('Status'))).toMatchObject({ status: 'Success', details: { name: 'c' } });
  });

  it('errors', async () => {
    const answer = await server.call('GET', `${path}/none`, { headers: protobuf });
    expect(answer.status).toBe(404);
    expect(read(answer, core('Status'))).toMatchObject({ reason: 'NotFound', code: 404, details: { name: 'none', kind: 'configmaps' } });
  });

  it('metadata alone, of one and of many', async () => {
    const as = (kind: string) => ({ accept: `${protobufMediaType};as=${kind};g=meta.k8s.io;v=v1,application/json` });
    const meta = (kind: string): Gvk => ({ group: 'meta.k8s.io', version: 'v1', kind });
    const one = read(await server.call('GET', `${path}/a`, { headers: as('PartialObjectMetadata') }), meta('PartialObjectMetadata'));
    expect(one).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
    const many = read(await server.call('GET', path, { headers: as('PartialObjectMetadataList') }), meta('PartialObjectMetadataList'));
    expect(many).toMatchObject({ items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }] });
  });

  it('tables only as JSON', async () => {
    const table = ';as=Table;g=meta.k8s.io;v=v1';
    const either = await server.call('GET', path, { headers: { accept: `${protobufMediaType}${table},application/json${table}` } });
    expect(either.json).toMatchObject({ kind: 'Table' });
    expect((await server.call('GET', path, { headers: { accept: `${protobufMediaType}${table}` } })).status).toBe(406);
  });

  it('a watch, in frames with their length in front', async () => {
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1';
    const answer = await server.call('GET', `${path}?${query}`, { headers: { accept: `${protobufMediaType};stream=watch` } });
    expect(answer.headers['content-type']).toBe(`${protobufMediaType};stream=watch`);
    expect(events(answer.bytes)).toMatchObject([
      ['ADDED', { kind: 'ConfigMap', metadata: { name: 'a' }, data: { name: 'a' } }],
      ['ADDED', { metadata: { name: 'b' } }],
      ['BOOKMARK', { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } }],
    ]);
  });
});

/** WatchEvent: field 1 the type, field 2 a RawExtension whose field 1 is an object in its envelope. */
function events(bytes: Buffer): [string, unknown][] {
  const found: [string, unknown][] = [];
  for (let at = 0; at < bytes.length; ) {
    const frame = bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at));
    at += 4 + frame.length;
    const type = frame.subarray(2, 2 + frame[1]!).toString();
    found.push([type, decoded(frame.subarray(frame.indexOf('k8s\0')), core('ConfigMap'))]);
  }
  return found;
}
