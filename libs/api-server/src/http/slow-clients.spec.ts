import { once } from 'node:events';
import { type AddressInfo, connect as connectPlain, createServer, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { systemClock } from '#base';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { startTestServer, type TestServer } from '../testing.ts';
import { boundPeers } from './bound-peers.ts';
import { type HttpsServer, serveHttps } from './serve-chain.ts';

let ca: KeyPairPem;
let server: TestServer;
let listening: HttpsServer;
const opened: TLSSocket[] = [];

beforeAll(async () => {
  const now = systemClock.now();
  ca = await createAuthority('test', now);
  const own = await issueCertificate(ca, { commonName: 'server', ipAddresses: ['127.0.0.1'], usages: ['server'] }, now);
  server = await startTestServer({
    limits: { mutating: 10, bodies: 40 },
    authenticator: { authenticate: async ({ token = '' }) => ({ username: token, groups: ['system:authenticated'] }) },
    authorizer: { authorize: async () => ({ allowed: true, reason: '' }) },
  });
  listening = await serveHttps(server.server.chain, { cert: own.certificate, key: own.key }, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  for (const socket of opened) socket.destroy();
  await listening.close();
  await server.close();
});

/** Sends the head of a write and `body`, which may be the beginning of one. */
async function begin(token: string, length: number, body: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: listening.port, ca: ca.certificate, ALPNProtocols: ['http/1.1'] });
  opened.push(socket);
  await once(socket, 'secureConnect');
  const head = `POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`;
  socket.write(`${head}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`);
  return socket;
}
const answerOf = async (socket: TLSSocket): Promise<string> => String(((await once(socket, 'data')) as [Buffer])[0]);
const body = (name: string): string => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

it('bodies that never end keep nobody else from writing', async () => {
  const slow = await Promise.all(Array.from({ length: 60 }, () => begin('tenant', 1000, '{')));
  const refused = await Promise.race(slow.map(answerOf));
  expect(refused).toMatch(/^HTTP\/1\.1 429 .*connection: close.*retry-after: 1/is);
  const writes = ['a', 'b', 'c', 'd', 'e'].map(async (name) => answerOf(await begin('other', body(name).length, body(name))));
  for (const answer of await Promise.all(writes)) expect(answer).toMatch(/^HTTP\/1\.1 201 /);
});

it('one address has no more connections than its share', async () => {
  const plain = createServer();
  boundPeers(plain, 3);
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const { port } = plain.address() as AddressInfo;
  const served: Socket[] = [];
  plain.on('connection', (socket: Socket) => served.push(socket));
  const dial = async (): Promise<Socket> => {
    const accepted = once(plain, 'connection');
    const socket = connectPlain(port, '127.0.0.1').on('error', () => undefined);
    await accepted;
    return socket;
  };
  const sockets = [await dial(), await dial(), await dial(), await dial()];
  expect(served.map(({ destroyed }) => destroyed)).toEqual([false, false, false, true]);
  sockets[0]!.destroy();
  await once(served[0]!, 'close');
  sockets.push(await dial());
  expect(served.map(({ destroyed }) => destroyed)).toEqual([true, false, false, true, false]);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => plain.close(resolve));
});
