import type { ConnectRequest } from '../contract.ts';
import { agreedProtocol, checkHandshake, offeredProtocols, transportOf } from './negotiation.ts';

const handshake = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
const refusal = (message: string) => expect.objectContaining({ code: 400, message });

describe('what a connection becomes', () => {
  const request = (headers: object, { method = 'GET', upgrade = {} as object | undefined } = {}) =>
    ({ headers, method, upgrade }) as unknown as ConnectRequest;
  it.each<{ name: string; request: ConnectRequest; want: string }>([
    { name: 'WebSocket', request: request({ upgrade: 'websocket', ...handshake }), want: 'websocket' },
    { name: 'WebSocket in any case', request: request({ upgrade: 'WebSocket', ...handshake }), want: 'websocket' },
    { name: 'SPDY', request: request({ upgrade: 'SPDY/3.1' }, { method: 'POST' }), want: 'spdy' },
    { name: 'WebSocket rather than SPDY', request: request({ upgrade: 'SPDY/3.1, websocket', ...handshake }), want: 'websocket' },
  ])('$name', ({ request: given, want }) => expect(transportOf(given)).toBe(want));

  it.each<{ name: string; request: ConnectRequest; says: string }>([
    { name: 'nothing asked for', request: request({}), says: 'Upgrade request required' },
    {
      name: 'no connection to change',
      request: { ...request({ upgrade: 'websocket', ...handshake }), upgrade: undefined } as never,
      says: 'Upgrade request required',
    },
    { name: 'another protocol', request: request({ upgrade: 'h2c, foo' }), says: 'unable to upgrade: unexpected protocol h2c, foo' },
    {
      name: 'a handshake that is none',
      request: request({ upgrade: 'websocket' }),
      says: 'unable to upgrade: missing or bad WebSocket Version',
    },
  ])('$name', ({ request: given, says }) => expect(() => transportOf(given)).toThrow(refusal(says)));
});

describe('a handshake (RFC 6455 §4.2.1)', () => {
  const badKey = 'unable to upgrade: missing or bad Sec-WebSocket-Key';
  const badVersion = 'unable to upgrade: missing or bad WebSocket Version';
  it('is a GET with version and key', () => expect(() => checkHandshake({ method: 'GET', headers: handshake })).not.toThrow());
  it.each<[name: string, change: object, says: string]>([
    ['POST', { method: 'POST' }, 'unable to upgrade: a WebSocket handshake is a GET request'],
    ['no version', { headers: { ...handshake, 'sec-websocket-version': undefined } }, badVersion],
    ['version 8', { headers: { ...handshake, 'sec-websocket-version': '8' } }, badVersion],
    ['two versions', { headers: { ...handshake, 'sec-websocket-version': '13, 8' } }, badVersion],
    ['no key', { headers: { ...handshake, 'sec-websocket-key': undefined } }, badKey],
    ['a key of 15 bytes', { headers: { ...handshake, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25j' } }, badKey],
    ['two keys', { headers: { ...handshake, 'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='] } }, badKey],
  ])('is none: %s', (_name, change, says) => {
    expect(() => checkHandshake({ method: 'GET', headers: handshake, ...change })).toThrow(refusal(says));
  });
});

describe('subprotocols', () => {
  it('are offered in the order of the client, without the one that is its token', () => {
    const token = 'base64url.bearer.authorization.k8s.io.YWJj';
    expect(offeredProtocols({ 'sec-websocket-protocol': `v5, ${token}` })).toEqual(['v5']);
    expect(offeredProtocols({ 'sec-websocket-protocol': ['v5', `${token}, v4`] })).toEqual(['v5', 'v4']);
    expect(offeredProtocols({})).toEqual([]);
  });
  it.each<{ offered: string[]; agreed: string | undefined }>([
    { offered: ['v9', 'v4', 'v5'], agreed: 'v4' },
    { offered: ['v9'], agreed: undefined },
    { offered: [], agreed: '' },
  ])('of $offered: $agreed', ({ offered, agreed }) => expect(agreedProtocol(offered, ['v5', 'v4'])).toBe(agreed));
});
