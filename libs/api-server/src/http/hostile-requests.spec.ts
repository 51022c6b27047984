import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '#base';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { startTestServer, type TestServer } from '../testing.ts';
import { type HttpsServer, serveHttps } from './serve-chain.ts';

let ca: KeyPairPem;
let server: TestServer;
let listening: HttpsServer;

beforeAll(async () => {
  const now = systemClock.now();
  ca = await createAuthority('test', now);
  const own = await issueCertificate(ca, { commonName: 'server', ipAddresses: ['127.0.0.1'], usages: ['server'] }, now);
  server = await startTestServer();
  listening = await serveHttps(server.server.chain, { cert: own.certificate, key: own.key }, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await listening.close();
  await server.close();
});

/** The first line of the answer to these bytes; '' when the connection ends without one. */
async function ask(bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: listening.port, ca: ca.certificate, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  const answer = Promise.race([once(socket, 'data').then(([data]) => String(data as Buffer)), once(socket, 'close').then(() => '')]);
  socket.write(bytes, 'latin1');
  const text = await answer;
  socket.destroy();
  return text;
}

const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const watch = 'GET /api/v1/namespaces?watch=1 HTTP/1.1\r\nHost: x\r\n';
const exec = 'GET /api/v1/namespaces/default/pods/p/exec?stdout=1 HTTP/1.1\r\nHost: x\r\n';

describe('a connection whose bytes are not as they should be', () => {
  it.each([
    ['a WebSocket without a key', 400, `${watch}${upgrade}Sec-WebSocket-Version: 13\r\n\r\n`],
    ['a WebSocket without a version', 400, `${watch}${upgrade}${key}\r\n`],
    ['a WebSocket of another version', 400, `${watch}${upgrade}${key}Sec-WebSocket-Version: 99\r\n\r\n`],
    ['a WebSocket with a key that is none', 400, `${watch}${upgrade}Sec-WebSocket-Key: \xff\xff\r\nSec-WebSocket-Version: 13\r\n\r\n`],
    ['exec of a pod that is not there, without a key', 404, `${exec}${upgrade}\r\n`],
    ['an upgrade to nothing that is known', 400, `${exec}Connection: Upgrade\r\nUpgrade: \xfe\x00\r\n\r\n`],
    ['an upgrade of a path that is no UTF-8', 404, `GET /api/v1/namespaces/%ff/pods/%/exec HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`],
    ['an upgrade of a path that is no path', 404, `GET //api//v1//watch HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`],
    [
      'an upgrade with a body',
      404,
      `POST /api/v1/namespaces/default/pods/p/attach HTTP/1.1\r\nHost: x\r\n${upgrade}Content-Length: 5\r\n\r\nhello`,
    ],
    [
      'a token that is no base64',
      400,
      `${watch}${upgrade}${key}Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.\xff\r\n\r\n`,
    ],
    ['an impersonated user without a name', 400, `${watch}Impersonate-Group: a\r\n\r\n`],
    [
      'lengths that contradict',
      400,
      'POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['a method that is none', 400, '\x00\x01\x02 /\r\n\r\n'],
  ])('%s is answered by %i', async (_what, code, bytes) => {
    expect(await ask(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
    expect(await ask('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('tells the version of the protocol that it speaks', async () => {
    expect((await ask(`${watch}${upgrade}${key}\r\n`)).toLowerCase()).toContain('\r\nsec-websocket-version: 13\r\n');
  });
});
