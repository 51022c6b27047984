import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as tlsConnect } from 'node:tls';
import { ApiError, badRequest, serviceUnavailable } from '#api';
import type { ConnectRequest, HttpAnswer, HttpSink } from '#api-server/contract';
import { switchProtocols } from '#api-server';
import { passedBack, passedOn, passedQuery } from './proxy-headers.ts';
import { hasLinks, type Place, rewriteUrl, withLinks } from './proxy-links.ts';

const maxRefusalBytes = 64 * 1024;

/** How the other side is spoken to, and where it stands in the api-server's own paths, which links in pages need. */
export interface Via {
  https: boolean;
  /** Certificate and key, PEM, to show to the other side. */
  client?: { cert: string; key: string };
  place: Place;
}

/** Sends the request through `socket` and answers with what comes back. Throws ApiError 503 when nothing does, in upstream's words. */
export async function relay(request: ConnectRequest, socket: Duplex, via: Via): Promise<HttpAnswer | undefined> {
  // Certificates of pods and nodes are not checked, as the real server's proxy does not: the session has proved the node.
  const connection = via.https ? tlsConnect({ socket, rejectUnauthorized: false, ...via.client }) : socket;
  try {
    const { answer, switched } = await exchange(request, connection, via);
    if (request.upgrade) return await upgraded(request, answer, switched);
    if (switched)
      throw badGateway(`backend tried to switch protocol ${JSON.stringify(answer.headers.upgrade ?? '')} when "" was requested`);
    return await answered(request, answer, { connection, place: via.place });
  } catch (err) {
    connection.destroy();
    throw err instanceof ApiError ? err : unreachable(err as Error);
  }
}

const unreachable = (err: Error): ApiError => serviceUnavailable(`error trying to reach service: ${err.message}`);
const badGateway = (message: string): ApiError => new ApiError({ code: 502, reason: '', message });

interface Exchanged {
  answer: IncomingMessage;
  /** The other side speaks another protocol from here on: what came of it already, and the connection. */
  switched?: { socket: Duplex; head: Buffer };
}

function exchange(request: ConnectRequest, connection: Duplex, { place }: Via): Promise<Exchanged> {
  const { method, body, signal, upgrade, headers } = request;
  const query = passedQuery(request);
  return new Promise((resolve, reject) => {
    let sent: ClientRequest;
    try {
      sent = httpRequest({
        method,
        path: `${request.rest || '/'}${query && `?${query}`}`,
        headers: {
          ...passedOn(request, place),
          ...(body?.length && { 'content-length': body.length }),
          ...(upgrade && { connection: 'Upgrade', upgrade: String(headers.upgrade) }),
        },
        createConnection: () => connection,
        signal,
      });
    } catch (err) {
      throw badRequest(`the request cannot be passed on: ${(err as Error).message}`, err);
    }
    sent.once('response', (answer) => resolve({ answer }));
    sent.once('upgrade', (answer, socket, head) => resolve({ answer, switched: { socket, head } }));
    sent.on('error', (err) => reject(unreachable(err)));
    sent.end(body);
  });
}

async function answered(
  { method }: ConnectRequest,
  answer: IncomingMessage,
  { connection, place }: { connection: Duplex; place: Place },
): Promise<HttpAnswer> {
  const { statusCode: status = 0 } = answer;
  if (status < 200 || status > 599) throw badGateway(`the backend answered with status ${status}`);
  const headers = passedBack(answer.headers);
  if (answer.headers.location) headers.location = rewriteUrl(answer.headers.location, place);
  const rewrites = method !== 'HEAD' && status !== 204 && status !== 304 && hasLinks(answer);
  if (rewrites) delete headers['content-length'];
  const body = rewrites ? await withLinks(answer, place) : answer;
  return { status, headers, body: (sink) => copy(body, sink, connection) };
}

/** The other side sees the upgrade as the client asked for it; from there on, bytes. What refuses it is answered as it is. */
async function upgraded(
  { upgrade }: ConnectRequest,
  answer: IncomingMessage,
  switched: Exchanged['switched'],
): Promise<HttpAnswer | undefined> {
  if (!switched || !upgrade) {
    const { statusCode: status = 0 } = answer;
    if (status < 400 || status > 599) throw badGateway(`invalid upgrade response: status code ${status}`);
    const { 'content-length': _, ...headers } = passedBack(answer.headers);
    return { status, headers, body: await beginningOf(answer) };
  }
  const { socket, head } = switched;
  switchProtocols(upgrade.socket, { ...passedBack(answer.headers), upgrade: answer.headers.upgrade ?? '' });
  upgrade.socket.write(head);
  socket.write(upgrade.head);
  await Promise.allSettled([pipeline(upgrade.socket, socket), pipeline(socket, upgrade.socket)]);
  return undefined;
}

/** A refusal is a short text; one that does not end must not fill memory. */
async function beginningOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > maxRefusalBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxRefusalBytes);
}

/** At the pace of the client: what it does not take is not read from the node either. The connection ends with the answer. */
async function copy(body: Readable, sink: HttpSink, connection: Duplex): Promise<void> {
  const stop = (): void => void connection.destroy();
  if (sink.signal.aborted) stop();
  sink.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of body) {
      if (sink.signal.aborted) return;
      if (!sink.write(chunk as Buffer)) await sink.drained();
    }
  } finally {
    sink.signal.removeEventListener('abort', stop);
    connection.destroy();
  }
}
