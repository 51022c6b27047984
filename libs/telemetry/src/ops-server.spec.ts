import { get, type RequestOptions } from 'node:https';
import { Counter, Registry } from 'prom-client';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { serveOps } from './ops-server.ts';

const now = new Date();
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

  it('knows no other path', async () => {
    expect((await fetchText('/debug')).code).toBe(404);
  });
});
