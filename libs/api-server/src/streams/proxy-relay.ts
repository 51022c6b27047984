import { type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as tlsConnect } from 'node:tls';
import { ApiError } from '#api';
import type { ConnectRequest, HttpAnswer, HttpSink } from '../contract.ts';

/** RFC 9110 §7.6.1; and what proved the caller to the api-server, which is nobody else's business. */
const notPassedOn = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'authorization',
  'content-length',
  'host',
  'http2-settings',
]);

interface Via {
  https: boolean;
  /** Certificate and key, PEM, to show to the other side. */
  client?: { cert: string; key: string };
  host: string;
}

/** Sends the request through `socket` and answers with what comes back. Throws ApiError 502 when nothing does. */
export async function relay(request: ConnectRequest, socket: Duplex, via: Via): Promise<HttpAnswer | undefined> {
  // Certificates of pods and nodes are not checked, as the real server's proxy does not: the session has proved the node.
  const connection = via.https ? tlsConnect({ socket, rejectUnauthorized: false, ...via.client }) : socket;
  if (request.upgrade) {
    await tunnel(request, connection, via);
    return undefined;
  }
  const answer = await exchange(request, connection, via);
  return { status: answer.statusCode ?? 502, headers: headersOf(answer), body: (sink) => copy(answer, sink, connection) };
}

function exchange(request: ConnectRequest, connection: Duplex, { host }: Via): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (err: Error): void =>
      reject(
        new ApiError(
          { code: 502, reason: '', message: `error trying to reach ${request.resource.resource.slice(0, -1)}: ${err.message}` },
          err,
        ),
      );
    const sent = httpRequest({
      method: request.method,
      path: pathOf(request),
      headers: { ...passedOn(request), host, ...(request.body?.length && { 'content-length': request.body.length }) },
      createConnection: () => connection,
      signal: request.signal,
    });
    sent.once('response', resolve);
    sent.once('error', fail);
    sent.end(request.body);
  });
}

/** The other side sees the upgrade as the client asked for it; from there on, bytes. */
async function tunnel({ upgrade, ...request }: ConnectRequest, connection: Duplex, { host }: Via): Promise<void> {
  if (!upgrade) return;
  const raw = upgrade.request.rawHeaders;
  const lines = [`${request.method} ${pathOf(request)} HTTP/1.1`, `Host: ${host}`];
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    if (name !== 'host' && name !== 'authorization') lines.push(`${raw[at]}: ${raw[at + 1]}`);
  }
  connection.write(`${lines.join('\r\n')}\r\n\r\n`);
  connection.write(upgrade.head);
  await Promise.allSettled([pipeline(upgrade.socket, connection), pipeline(connection, upgrade.socket)]);
}

function pathOf({ rest, query }: Pick<ConnectRequest, 'rest' | 'query'>): string {
  const text = query.toString();
  return `${rest || '/'}${text ? `?${text}` : ''}`;
}

function passedOn({ headers }: ConnectRequest): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) => value !== undefined && !name.startsWith(':') && !notPassedOn.has(name) && !name.startsWith('impersonate-'),
    ),
  );
}

function headersOf(answer: IncomingMessage): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(answer.headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !notPassedOn.has(entry[0]),
    ),
  );
}

async function copy(answer: IncomingMessage, sink: HttpSink, connection: Duplex): Promise<void> {
  try {
    for await (const chunk of answer) {
      if (sink.signal.aborted) return;
      if (!sink.write(chunk as Buffer)) await sink.drained();
    }
  } finally {
    connection.destroy();
  }
}
