import { get, type RequestOptions } from 'node:https';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { connect } from 'node:tls';
import { Counter, Registry } from 'prom-client';
import { systemClock } from '#base';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { serveOps } from './ops-server.ts';

const now = systemClock.now();
let ca: KeyPairPem;
let server: KeyPairPem;
let client: KeyPairPem;
let ops: Awaited<ReturnType<typeof serveOps>>;
const port = 21_000 + (process.pid % 10_000);
let readyError: string | undefined;

beforeAll(async () => {
  ca = await createAuthority('test', now);
  server = await issueCertificate(ca, { commonName: 'server', ipAddresses: ['127.0.0.1'], usages: ['server'] }, now);
  client = await issueCertificate(ca, { commonName: 'monitor', organizations: ['watchers'], usages: ['client'] }, now);
  const registry = new Registry();
  new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc(3);
  ops = await serveOps({
    hosts: ['127.0.0.1'],
    port,
    tls: { cert: server.certificate, key: server.key, ca: ca.certificate },
    registry,
    ready: {
      store: () => {
        if (readyError) throw new Error(readyError);
      },
    },
    authorize: async ({ token, certificate }) => {
      if (!token && !certificate) return 'unauthenticated';
      return token === 'good' || certificate?.organizations.includes('watchers') ? 'allowed' : 'forbidden';
    },
    extra: { '/metrics/more': async () => 'more 1\n' },
    more: async ({ path, query }) => {
      if (path === '/here') return { code: 301, location: 'there', body: '' };
      if (path === '/stream')
        return { code: 200, type: 'text/x', body: Readable.from([Buffer.from('a'), Buffer.from(query.get('b') ?? '')]) };
      return undefined;
    },
  });
});
afterAll(() => ops.close());

function fetchText(path: string, options: RequestOptions = {}): Promise<{ code?: number; body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, ca: ca.certificate, agent: false, ...options }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ code: response.statusCode, body }));
    }).on('error', reject);
  });
}

describe('operations server', () => {
  it('answers health to anyone', async () => {
    expect(await fetchText('/healthz')).toEqual({ code: 200, body: 'ok' });
  });

  it('names the check that is not ready', async () => {
    readyError = 'no connection';
    expect(await fetchText('/readyz')).toEqual({ code: 500, body: '[-]store failed: no connection\nreadyz check failed\n' });
    readyError = undefined;
    expect((await fetchText('/readyz?verbose')).body).toBe('[+]store ok\nreadyz check passed\n');
  });

  it('shows metrics to a bearer of a good token or certificate, and to nobody else', async () => {
    expect((await fetchText('/metrics')).code).toBe(401);
    expect((await fetchText('/metrics', { headers: { authorization: 'Bearer bad' } })).code).toBe(403);
    expect((await fetchText('/metrics', { headers: { authorization: 'Bearer good' } })).body).toContain('things_total 3');
    expect((await fetchText('/metrics', { cert: client.certificate, key: client.key })).body).toContain('things_total 3');
    expect((await fetchText('/metrics/more', { cert: client.certificate, key: client.key })).body).toBe('more 1\n');
  });

  it('does not believe a certificate of another authority', async () => {
    const other = await createAuthority('test', now);
    const forged = await issueCertificate(other, { commonName: 'monitor', organizations: ['watchers'], usages: ['client'] }, now);
    expect((await fetchText('/metrics', { cert: forged.certificate, key: forged.key })).code).toBe(401);
  });

  it('shows what else there is to whom it shows metrics, in pieces too', async () => {
    const good = { headers: { authorization: 'Bearer good' } };
    expect(await fetchText('/stream?b=c', good)).toEqual({ code: 200, body: 'ac' });
    expect((await fetchText('/here', good)).code).toBe(301);
    expect((await fetchText('/stream')).code).toBe(401);
  });

  it('knows no other path', async () => {
    expect((await fetchText('/debug', { headers: { authorization: 'Bearer good' } })).code).toBe(404);
    expect((await fetchText('/debug')).code).toBe(401);
  });

  it.each([
    ['GET // HTTP/1.1', 400],
    ['GET http://[ HTTP/1.1', 400],
    ['GET //:99999999/ HTTP/1.1', 400],
    ['GET /%00%ff HTTP/1.1', 401],
    ['GET /__proto__ HTTP/1.1', 401],
    ['GET /constructor HTTP/1.1', 401],
    ['POST /metrics HTTP/1.1\r\nContent-Length: 99', 405],
    ['GET /metrics HTTP/1.1\r\nAuthorization: Bearer \xff\x80', 403],
    ['GET /metrics HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade', 401],
    ['\x00\x01\x02 garbage', 400],
    ['GET / HTTP/9.9', 400],
    ['GET / HTTP/1.1\r\nContent-Length: -1', 400],
  ])('answers %j with %i and lives', async (head, code) => {
    const socket = connect({ host: '127.0.0.1', port, ca: ca.certificate });
    await once(socket, 'secureConnect');
    socket.write(`${head}\r\nHost: x\r\n\r\n`, 'latin1');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
    socket.destroy();
    expect((await fetchText('/healthz')).code).toBe(200);
  });
});
