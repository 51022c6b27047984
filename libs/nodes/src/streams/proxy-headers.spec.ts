import type { ConnectRequest } from '#api-server/contract';
import { passedBack, passedOn, passedQuery } from './proxy-headers.ts';

const prefix = '/api/v1/namespaces/d/pods/p/proxy';
const place = { prefix, host: 'api:6443', backend: ['10.244.0.5:80'] };
const request = (headers: Record<string, string | string[]>, extra: Partial<ConnectRequest> = {}): ConnectRequest =>
  ({ headers, path: `${prefix}/a/../b`, rest: '/a/../b', rawQuery: '', ...extra }) as ConnectRequest;
const made = {
  host: 'api:6443',
  'x-forwarded-uri': `${prefix}/b`,
  'x-forwarded-host': 'api:6443',
  'x-forwarded-proto': 'https',
};

describe('headers that reach the other side', () => {
  const hopByHop = [
    'keep-alive',
    'proxy-connection',
    'proxy-authenticate',
    'proxy-authorization',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
  ];
  const ofCaller = ['impersonate-user', 'impersonate-extra-x', 'x-remote-user', 'x-remote-group', 'x-remote-uid', 'x-remote-extra-x'];
  it.each<{ name: string; headers: Record<string, string | string[]>; extra?: Partial<ConnectRequest>; want: object }>([
    { name: 'the client’s own', headers: { accept: 'text/html', cookie: ['a=1'] }, want: { accept: 'text/html', cookie: ['a=1'] } },
    { name: 'none between two ends', headers: Object.fromEntries(hopByHop.map((name) => [name, 'x'])), want: {} },
    { name: 'none that Connection names', headers: { connection: 'close, X-Hop', 'x-hop': '1', 'x-stays': '1' }, want: { 'x-stays': '1' } },
    { name: 'none of HTTP/2’s own', headers: { ':path': '/', ':method': 'GET' }, want: {} },
    { name: 'none that says who calls', headers: Object.fromEntries(ofCaller.map((name) => [name, 'x'])), want: {} },
    {
      name: 'none that is made here',
      headers: Object.fromEntries(
        ['host', 'expect', 'content-length', 'x-forwarded-uri', 'x-forwarded-host', 'x-forwarded-proto'].map((name) => [name, 'forged']),
      ),
      want: {},
    },
    {
      name: 'no token, by whatever name',
      headers: { authorization: 'Bearer s3cret', 'x-copy': 'it is s3cret', 'x-packed': '?s3cr%65t', 'x-other': 'x' },
      want: { 'x-other': 'x' },
    },
    {
      name: 'no token in a list that is made anew',
      headers: { authorization: 'Bearer s3cret', 'sec-websocket-protocol': 'chat, s3cret', 'x-forwarded-for': '1.1.1.1, s3cret' },
      want: { 'sec-websocket-protocol': 'chat', 'x-forwarded-for': '1.1.1.1' },
    },
    {
      name: 'no token among the subprotocols',
      headers: { 'sec-websocket-protocol': 'chat, base64url.bearer.authorization.k8s.io.czNjcmV0', 'x-copy': ['a', 's3cret'] },
      want: { 'sec-websocket-protocol': 'chat' },
    },
    {
      name: 'the way that the request came',
      headers: { 'x-forwarded-for': '1.1.1.1' },
      extra: { remoteAddress: '2.2.2.2' },
      want: { 'x-forwarded-for': '1.1.1.1, 2.2.2.2' },
    },
    {
      name: 'the caller alone, who comes by no other',
      headers: {},
      extra: { remoteAddress: '2.2.2.2' },
      want: { 'x-forwarded-for': '2.2.2.2' },
    },
    { name: 'no empty lists', headers: { 'x-forwarded-for': ',', 'sec-websocket-protocol': ',' }, want: {} },
  ])('$name', ({ headers, extra, want }) => expect(passedOn(request(headers, extra), place)).toEqual({ ...made, ...want }));

  it.each([
    ['', prefix],
    ['/', `${prefix}/`],
    ['/a/./b/', `${prefix}/a/b/`],
    ['/../../../secrets/x', `${prefix}/secrets/x`],
    ['/..;/%2e%2e/a%2fb', `${prefix}/..;/%2e%2e/a%2fb`],
    ['//a', `${prefix}/a`],
  ])('%j is told as below the proxy: %s', (rest, want) => {
    expect(passedOn(request({}, { path: prefix + rest, rest }), place)['x-forwarded-uri']).toBe(want);
  });
});

it.each([
  ['a=1&b=2', '', 'a=1&b=2'],
  ['a=1&access_token=s3cret&b=2', 'Bearer s3cret', 'a=1&b=2'],
  ['a=x%20s3cr%65t&b=%2f', 'Bearer s3cret', 'b=%2f'],
  ['', 'Bearer s3cret', ''],
  ['a&&b', 'Bearer s3cret', 'a&&b'],
  ['s3cret&a=s3cret=&x%3Ds3cret%3D=1&b', 'Bearer s3cret', 'b'],
  ['a=s3+cret&b=s3%2Bcret&c=3', 'Bearer s3+cret', 'c=3'],
  ['a=s3%63ret&b', 'Bearer s3%63ret', 'b'],
  ['a=100%&b=%zzs3cret', 'Bearer s3cret', 'a=100%'],
])('the query %j of the caller %j becomes %j', (rawQuery, authorization, want) => {
  expect(passedQuery(request(authorization ? { authorization } : {}, { rawQuery }))).toBe(want);
});

it('headers of an answer reach the client, but for those of the connection and those that are the api-server’s own', () => {
  const kept = { 'content-type': 'text/html', 'set-cookie': ['a', 'b'], 'access-control-max-age': '5' };
  const dropped = {
    connection: 'x-hop',
    'x-hop': '1',
    'transfer-encoding': 'chunked',
    'keep-alive': 'timeout=5',
    'http2-settings': 'x',
    upgrade: 'x',
    'audit-id': 'forged',
    'x-kubernetes-pf-flowschema-uid': 'forged',
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': '*',
    'access-control-allow-methods': '*',
  };
  expect(passedBack({ ...kept, ...dropped })).toEqual(kept);
});
