import { request as http1 } from 'node:https';
import { type ClientHttp2Session, connect } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { systemClock } from '#base';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { startTestServer, type TestServer } from '../testing.ts';
import { serveHttps } from './serve-chain.ts';

/** A certificate decides who somebody is here, as in a cluster. */
let server: TestServer;
let ca: KeyPairPem;
let admin: KeyPairPem;
let port: number;
let stop: () => Promise<void>;

beforeAll(async () => {
  const now = systemClock.now();
  ca = await createAuthority('test', now);
  const own = await issueCertificate(ca, { commonName: 'server', ipAddresses: ['127.0.0.1'], usages: ['server'] }, now);
  admin = await issueCertificate(ca, { commonName: 'boss', organizations: ['system:masters'], usages: ['client'] }, now);
  server = await startTestServer({
    authenticator: {
      authenticate: ({ certificate }) =>
        Promise.resolve({ username: certificate?.commonName ?? 'system:anonymous', groups: certificate?.organizations ?? [] }),
    },
  });
  const tls = { cert: own.certificate, key: own.key, ca: ca.certificate };
  const listening = await serveHttps(server.server.chain, tls, { host: '127.0.0.1', port: 0 });
  port = listening.port;
  stop = () => listening.close();
});
afterAll(() => server.close());

interface Got {
  status: number;
  headers: Record<string, unknown>;
  body: Buffer;
}
interface Asked {
  method?: string;
  path: string;
  body?: Buffer;
  headers?: Record<string, string>;
  anonymous?: boolean;
}

function overHttp1({ method = 'GET', path, body, headers, anonymous }: Asked): Promise<Got> {
  const tls = { ca: ca.certificate, ...(!anonymous && { cert: admin.certificate, key: admin.key }) };
  return new Promise((resolve, reject) => {
    const request = http1({ host: '127.0.0.1', port, method, path, headers, agent: false, ...tls }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function overHttp2({ method = 'GET', path, body, headers, anonymous }: Asked): Promise<Got> {
  const tls = { ca: ca.certificate, ...(!anonymous && { cert: admin.certificate, key: admin.key }) };
  const session: ClientHttp2Session = connect(`https://127.0.0.1:${port}`, tls);
  try {
    return await new Promise<Got>((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':method': method, ':path': path, ...headers });
      const chunks: Buffer[] = [];
      let head: Record<string, unknown> = {};
      stream.on('response', (received) => (head = received));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => resolve({ status: Number(head[':status']), headers: head, body: Buffer.concat(chunks) }));
      stream.on('error', reject);
      stream.end(body);
    });
  } finally {
    session.close();
  }
}

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
])('%s', (_protocol, ask) => {
  const json = ({ body }: Got): unknown => JSON.parse(body.toString());
  const collection = '/api/v1/namespaces/default/configmaps';

  it('knows its client by the certificate', async () => {
    expect((await ask({ path: '/api/v1/namespaces' })).status).toBe(200);
    const stranger = await ask({ path: '/api/v1/namespaces', anonymous: true });
    expect({ status: stranger.status, body: json(stranger) }).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('User "system:anonymous" cannot list resource "namespaces"') as unknown },
    });
  });

  it('refuses a body beyond 3 MiB, and is heard by who is still sending it', async () => {
    const headers = { 'content-type': 'application/json' };
    const got = await ask({ method: 'POST', path: collection, body: Buffer.alloc(6 * 1024 * 1024, 'a'), headers });
    expect({ status: got.status, body: json(got) }).toMatchObject({ status: 413, body: { reason: 'RequestEntityTooLarge' } });
  });

  it('packs large answers for who takes them packed', async () => {
    const path = '/openapi/v3/api/v1';
    const packed = await ask({ path, headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.body).equals((await ask({ path })).body)).toBe(true);
  });

  it('streams a watch and ends it in time', async () => {
    const got = await ask({ path: '/api/v1/namespaces?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Ddefault' });
    expect(got.status).toBe(200);
    expect(json(got)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'default' } } });
  });

  it('names each answer, as the client does or anew', async () => {
    const [path, missing] = ['/api/v1/namespaces', '/api/v1/namespaces/none'];
    expect((await ask({ path, headers: { 'audit-id': 'mine' } })).headers['audit-id']).toBe('mine');
    expect((await ask({ path: missing })).headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect((await ask({ path, anonymous: true })).headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('warns of fields that no header could name, many or few, and still says what it did', async () => {
    const name = `warned-${_protocol.replaceAll(/[^\d]/g, '-')}x`;
    const fields = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`名前😀\u0000${i}`, i]));
    const body = Buffer.from(JSON.stringify({ metadata: { name, ...fields }, ...fields }));
    const headers = { 'content-type': 'application/json' };
    const got = await ask({ method: 'POST', path: collection, body, headers });
    expect({ status: got.status, body: json(got) }).toMatchObject({ status: 201, body: { metadata: { name } } });
    expect(Buffer.from(String(got.headers.warning), 'latin1').toString()).toContain(String.raw`unknown field \"metadata.名前😀\\u00000\"`);
  });

  it('takes names as long as names may be', async () => {
    expect((await ask({ path: `${collection}/${'x'.repeat(253)}` })).status).toBe(404);
  });
});

describe('a request that asks for another protocol', () => {
  const tls = () => ({ ca: ca.certificate, cert: admin.certificate, key: admin.key });
  const watchPath = '/api/v1/namespaces?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Ddefault';

  it('is answered as if it had not, where there is no stream', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'foo' };
    const got = await overHttp1({ path: '/api/v1/namespaces/default', headers });
    expect({ status: got.status, body: JSON.parse(got.body.toString()) as unknown }).toMatchObject({
      status: 200,
      body: { kind: 'Namespace' },
    });
  });

  it.each([[[]], [['base64url.bearer.authorization.k8s.io.AAAA', 'base64.binary.k8s.io']]])(
    'gets a watch over WebSocket, an event a message (protocols %j)',
    async (protocols) => {
      const client = new WebSocket(`wss://127.0.0.1:${port}${watchPath}`, protocols, tls());
      const messages: unknown[] = [];
      client.on('message', (data, binary) => messages.push({ binary, event: JSON.parse((data as Buffer).toString()) as unknown }));
      const code = await new Promise((resolve, reject) => client.once('close', resolve).once('error', reject));
      expect(code).toBe(1000);
      expect(messages).toMatchObject([{ binary: false, event: { type: 'ADDED', object: { metadata: { name: 'default' } } } }]);
    },
  );
});

it('reads a body over HTTP/2 that no header tells of', async () => {
  const body = Buffer.from('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"raw"}}');
  expect((await overHttp2({ method: 'POST', path: '/api/v1/namespaces/default/configmaps', body })).status).toBe(201);
});

it('cuts watches and idle connections when it closes', async () => {
  const tls = { ca: ca.certificate, cert: admin.certificate, key: admin.key };
  const path = '/api/v1/namespaces?watch=1';
  const one = http1({ host: '127.0.0.1', port, path, ...tls });
  const session = connect(`https://127.0.0.1:${port}`, tls);
  const two = session.request({ ':path': path });
  for (const each of [one, two, session]) each.on('error', () => undefined);
  const began = [new Promise((resolve) => one.on('response', resolve)), new Promise((resolve) => two.on('response', resolve))];
  one.end();
  await Promise.all(began);
  const closed = [new Promise((resolve) => one.on('close', resolve)), new Promise((resolve) => session.on('close', resolve))];
  await stop();
  await Promise.all(closed);
});
