import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { certificateOf } from '../authentication/index.ts';
import type { Chain } from '../chain.ts';
import type { HttpAnswer } from '../contract.ts';
import { auditId } from './audit-id.ts';
import type { HttpCall } from '../rest/call.ts';

/** WebSocket and SPDY/3.1: the upgrade goes through the same chain; what refuses it is answered as a plain HTTP/1.1 response. */
export function serveUpgrades(server: Http2SecureServer, chain: Chain): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // What breaks an answer breaks this connection.
    upgrade(chain, request, socket, head).catch((err: Error) => socket.destroy(err));
  });
}

async function upgrade(chain: Chain, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  // A connection that breaks in the middle is the stream's end, not this process's.
  socket.on('error', () => gone.abort());
  const call: HttpCall = {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress,
    certificate: 'getPeerCertificate' in socket ? certificateOf(socket as TLSSocket) : undefined,
    signal: gone.signal,
  };
  const result = await chain.admit(call);
  const name = auditId(request.headers, chain.random);
  if ('refused' in result) return writeAnswer(socket, result.refused, name);
  const answer = await chain.upgrade(result.admitted, { request, socket, head });
  if (answer) {
    result.done(answer.status);
    return writeAnswer(socket, answer, name);
  }
  // Taken over: it lasts as long as the connection.
  if (socket.destroyed) result.done(101);
  else socket.once('close', () => result.done(101));
}

function writeAnswer(socket: Duplex, { status, headers, body }: HttpAnswer, name: string): void {
  const whole = Buffer.isBuffer(body) ? body : typeof body === 'function' ? Buffer.alloc(0) : Buffer.concat(body);
  const all = { 'audit-id': name, ...headers, ...versions(status), 'content-length': String(whole.length), connection: 'close' };
  const lines = Object.entries(all).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('\r\n')}\r\n\r\n`);
  socket.end(whole);
}

/** RFC 6455 §4.4: whoever asked in another version of the protocol learns which one is spoken. */
const versions = (status: number): Record<string, string> => (status === 400 ? { 'sec-websocket-version': '13' } : {});
