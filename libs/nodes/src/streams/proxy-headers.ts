import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { posix } from 'node:path';
import { unescape } from 'node:querystring';
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
/** Of this hop, or made anew from what the client says. */
const madeHere = new Set(['content-length', 'expect', 'sec-websocket-protocol', 'x-forwarded-for']);
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

/** Tells what may not travel: a text that holds the caller's token, as it is or percent-encoded. */
function holdsToken(headers: Headers): (text: string) => boolean {
  const token = bearerToken(headers);
  return (text) => Boolean(token) && [text, unescape(text)].some((read) => read.includes(token!));
}

/** What of the client's headers reaches a pod, service or node. A value that holds the caller's token goes nowhere, by whatever name. */
export function passedOn({ headers, rest, remoteAddress }: ConnectRequest, { host, prefix }: Place): OutgoingHttpHeaders {
  const secret = holdsToken(headers);
  const passed = [...endToEnd(headers)].filter(
    ([name, value]) => !ofCaller.test(name) && !madeHere.has(name) && ![value].flat().some(secret),
  );
  const listed = (name: string): string[] => listOf(headers, name).filter((each) => !secret(each));
  const protocols = listed('sec-websocket-protocol').filter((protocol) => !protocol.startsWith(tokenProtocol));
  const from = [...listed('x-forwarded-for'), ...(remoteAddress ? [remoteAddress] : [])];
  return {
    ...Object.fromEntries(passed),
    ...(protocols.length && { 'sec-websocket-protocol': protocols.join(', ') }),
    host,
    // Below the prefix, wherever the `..` of the rest lead.
    'x-forwarded-uri': `${prefix}${rest && posix.normalize(`/${rest}`)}`,
    'x-forwarded-host': host,
    'x-forwarded-proto': 'https',
    ...(from.length && { 'x-forwarded-for': from.join(', ') }),
  };
}

/** The query as it came, without what holds the caller's token. */
export function passedQuery({ rawQuery, headers }: ConnectRequest): string {
  const secret = holdsToken(headers);
  return rawQuery
    .split('&')
    .filter((part) => !secret(part))
    .join('&');
}

/** What of an answer's headers reaches the client. */
export function passedBack(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries([...endToEnd(headers)].filter(([name]) => !notAnswered.test(name)));
}
