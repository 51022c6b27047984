import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { posix } from 'node:path';
import type { ConnectRequest } from '#api-server/contract';
import { bearerToken, listOf, tokenProtocol } from '#api-server';
import type { Place } from './proxy-links.ts';

/** RFC 9110 §7.6.1: between two ends of one connection. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);
/** What proves the caller to the api-server, or says who it is, is nobody else's business. */
const ofCaller = /^(?:authorization$|impersonate-|x-remote-(?:user|group|uid|extra-))/;
/** Made here, whatever the client says. */
const madeHere = new Set(['host', 'content-length', 'expect', 'x-forwarded-uri', 'x-forwarded-host', 'x-forwarded-proto']);
/** Answers of the api-server's own are named by it; and as upstream, no pod decides what other sites may do with the api-server. */
const notAnswered = /^(?:audit-id$|x-kubernetes-pf-|access-control-allow-(?:credentials|headers|methods|origin)$)/;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Neither those between two ends of a connection, nor those that `Connection` names so. */
function* endToEnd(headers: Headers): Generator<[string, string | string[]]> {
  const named = new Set(listOf(headers, 'connection').map((name) => name.toLowerCase()));
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(':') && !hopByHop.has(name) && !named.has(name)) yield [name, value];
  }
}

/** What of the client's headers reaches a pod, service or node. A value that holds the caller's token goes nowhere, by whatever name. */
export function passedOn({ headers, path, remoteAddress }: ConnectRequest, { host }: Place): OutgoingHttpHeaders {
  const token = bearerToken(headers);
  const holdsToken = (value: string | string[]): boolean => token !== undefined && [value].flat().some((text) => text.includes(token));
  const passed = [...endToEnd(headers)].filter(
    ([name, value]) => !ofCaller.test(name) && !madeHere.has(name) && name !== 'sec-websocket-protocol' && !holdsToken(value),
  );
  const protocols = listOf(headers, 'sec-websocket-protocol').filter((protocol) => !protocol.startsWith(tokenProtocol));
  const from = [...listOf(headers, 'x-forwarded-for'), ...(remoteAddress ? [remoteAddress] : [])];
  return {
    ...Object.fromEntries(passed),
    ...(protocols.length && { 'sec-websocket-protocol': protocols.join(', ') }),
    host,
    'x-forwarded-uri': posix.normalize(path),
    'x-forwarded-host': host,
    'x-forwarded-proto': 'https',
    ...(from.length && { 'x-forwarded-for': from.join(', ') }),
  };
}

/** The query as it came, without what holds the caller's token. */
export function passedQuery({ rawQuery, headers }: ConnectRequest): string {
  const token = bearerToken(headers);
  if (!token || rawQuery === '') return rawQuery;
  return rawQuery
    .split('&')
    .filter((part) => ![...new URLSearchParams(part).values()].some((value) => value.includes(token)))
    .join('&');
}

/** What of an answer's headers reaches the client. */
export function passedBack(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries([...endToEnd(headers)].filter(([name]) => !notAnswered.test(name)));
}
