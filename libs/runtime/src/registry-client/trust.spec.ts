import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base';
import { createAuthority, issueCertificate } from '#pki';
import { TrustingAgents } from './trust.ts';

let directory: string;
let trusting: TrustingAgents;
let server: Server;
let host: string;
let authority: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-trust-'));
  trusting = new TrustingAgents({}, [directory]);
  const now = systemClock.now();
  const ca = await createAuthority('somebody', now);
  authority = ca.certificate;
  const { certificate, key } = await issueCertificate(ca, { commonName: 'r', ipAddresses: ['127.0.0.1'], usages: ['server'] }, now);
  server = createServer({ cert: certificate, key }, (_request, response) => response.end('here'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(directory, { recursive: true });
});

function status(): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`https://${host}/`, { agent: trusting.for(host) }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });
}

it('trusts a registry whose authority lies in certs.d, from the moment that it lies there', async () => {
  await expect(status()).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  await mkdir(join(directory, host));
  await writeFile(join(directory, host, 'ca.crt'), authority);
  expect(await status()).toBe(200);
});

it('trusts it under that name only', () => {
  expect(trusting.for('other:443')).not.toBe(trusting.for(host));
  expect(trusting.for('other:443')).toBe(trusting.for('third'));
});
