import { badRequest } from '#api';
import type { ConnectRequest } from '../contract.ts';
import { listOf, tokenProtocol } from '../request/bearer-token.ts';

export type Transport = 'websocket' | 'spdy';
type Headers = ConnectRequest['headers'];

const webSocketVersion = '13';

/** What the client asks the connection to become. Throws ApiError 400 when it does not ask, or not as the protocol wants it. */
export function transportOf({ upgrade, headers, method }: ConnectRequest): Transport {
  const asked = listOf(headers, 'upgrade').map((value) => value.toLowerCase());
  if (!upgrade || asked.length === 0) throw badRequest('Upgrade request required');
  if (asked.includes('websocket')) {
    checkHandshake({ method, headers });
    return 'websocket';
  }
  if (asked.includes('spdy/3.1')) return 'spdy';
  throw badRequest(`unable to upgrade: unexpected protocol ${asked.join(', ')}`);
}

/** RFC 6455 §4.2.1. Throws ApiError 400: asked before anything is begun for a client that cannot be answered. */
export function checkHandshake({ method, headers }: { method: string; headers: ConnectRequest['headers'] }): void {
  if (method !== 'GET') throw badRequest('unable to upgrade: a WebSocket handshake is a GET request');
  const [spoken, ...others] = listOf(headers, 'sec-websocket-version');
  if (spoken !== webSocketVersion || others.length) throw badRequest('unable to upgrade: missing or bad WebSocket Version');
  const [key = '', ...more] = listOf(headers, 'sec-websocket-key');
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key) || more.length) throw badRequest('unable to upgrade: missing or bad Sec-WebSocket-Key');
}

/** Subprotocols that a WebSocket client offers, in its order, without the one that carries its token. */
export function offeredProtocols(headers: Headers): string[] {
  return listOf(headers, 'sec-websocket-protocol').filter((protocol) => !protocol.startsWith(tokenProtocol));
}

/** The first of the client's protocols that is spoken here; '' when it offers none; undefined when none fits. */
export function agreedProtocol(offered: readonly string[], spoken: readonly string[]): string | undefined {
  if (offered.length === 0) return '';
  return offered.find((protocol) => spoken.includes(protocol));
}
