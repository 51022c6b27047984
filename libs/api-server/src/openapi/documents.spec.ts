import { gunzipSync } from 'node:zlib';
import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
beforeAll(async () => (server = await startTestServer({ empty: true })));
afterAll(() => server.close());

const protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

describe('/openapi/v2', () => {
  it('describes every group in one document, as JSON unless asked otherwise', async () => {
    const { status, headers, json } = await server.call('GET', '/openapi/v2');
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' });
    expect(json).toMatchObject({
      swagger: '2.0',
      paths: {
        '/api/v1/namespaces/{namespace}/pods/{name}': { patch: { schemes: ['https'] } },
        '/apis/apps/v1/namespaces/{namespace}/deployments': {},
      },
      definitions: { 'io.k8s.api.core.v1.Pod': {}, 'io.k8s.api.apps.v1.Deployment': {} },
    });
  });

  it('has the protobuf form that older clients ask for by name', async () => {
    const { status, headers, bytes } = await server.call('GET', '/openapi/v2', {
      headers: { accept: `${protobuf}, application/json;q=0.5` },
    });
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: protobuf.replace('@', '.') });
    expect(bytes.subarray(0, 5)).toEqual(Buffer.from('\x0a\x032.0'));
  });

  it('answers 406 to who takes neither', async () => {
    expect((await server.call('GET', '/openapi/v2', { headers: { accept: 'text/html' } })).status).toBe(406);
  });
});

describe.each(['/openapi/v2', '/openapi/v3/apis/apps/v1'])('%s', (path) => {
  it('is packed for who takes it packed, and not sent to who has it', async () => {
    const plain = await server.call('GET', path);
    const packed = await server.call('GET', path, { headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true);
    const again = await server.call('GET', path, { headers: { 'if-none-match': plain.headers.etag as string } });
    expect({ status: again.status, length: again.bytes.length }).toEqual({ status: 304, length: 0 });
  });
});
