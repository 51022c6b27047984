import { createSecureServer, type Http2ServerRequest, type SecureServerOptions } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { createGzip } from 'node:zlib';
import type { Clock, Random } from '#base';
import { certificateOf } from '../authentication/index.ts';
import type { Chain } from '../chain.ts';
import type { HttpAnswer } from '../contract.ts';
import type { HttpCall } from '../rest/call.ts';
import { statusAnswer } from '../rest/render.ts';
import { statusOf } from '../errors/status-of.ts';
import { auditId } from './audit-id.ts';
import { boundPeers } from './bound-peers.ts';
import { hasBody, readBody } from './body.ts';
import { ResponseSink } from './response-sink.ts';
import { serveUpgrades } from './upgrade.ts';

/** Answers that are smaller are not worth packing: upstream's `defaultGzipThresholdBytes`. */
const GZIP_THRESHOLD_BYTES = 128 * 1024;
/**
 * Longer answers go out in pieces of this size, as the client takes them: a list is not held once more in whole, however many streams ask for
 * it and read nothing. A stream of HTTP/2 takes no more at once.
 */
const PIECE_BYTES = 64 * 1024;
/** How long a refused body may still come. */
const LINGER_MS = 1000;
/** Go's `HandshakeTimeout` of the real server. */
const HANDSHAKE_MS = 10_000;
/** Streams of one HTTP/2 connection, and connections of one address: more is no client, and the descriptors are everybody's. */
const MAX_STREAMS = 1000;
const MAX_CONNECTIONS_PER_PEER = 4096;

const noBody = Buffer.alloc(0);

export interface HttpsServer {
  port: number;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/**
 * HTTP/2 and HTTP/1.1 on one port, straight from Node's server to the chain, which has one route for everything: a router and its hooks
 * would cost each request a tenth of its time.
 */
export async function serveHttps(
  chain: Chain,
  tls: SecureServerOptions,
  { host, port, maxConnectionsPerPeer = MAX_CONNECTIONS_PER_PEER }: { host: string; port: number; maxConnectionsPerPeer?: number },
): Promise<HttpsServer> {
  const settings = { maxConcurrentStreams: MAX_STREAMS };
  const common = { allowHTTP1: true, requestCert: true, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE_MS, settings };
  const server = createSecureServer({ ...tls, ...common });
  boundPeers(server, maxConnectionsPerPeer);
  // An option of Node's HTTP/1.1 server which the HTTP/2 server has, and does not take from its own options.
  Object.assign(server, { shouldUpgradeCallback: (request: IncomingMessage) => chain.takesUpgrade(request) });
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // On HTTP/2 these are Node's compatibility request and response, which have the same methods.
  server.on('request', (request, response) => {
    void serve(chain, request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  serveUpgrades(server, chain);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((err) => (err ? reject(err) : resolve()));
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** One request on its way; it lives until its connection or stream is through with it. */
class Exchange implements HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers: HttpCall['headers'];
  readonly certificate: HttpCall['certificate'];
  private readonly response: ServerResponse;
  private readonly request: IncomingMessage;
  private gone: AbortController | undefined;
  private closed = false;
  private onClose: ((status: number) => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.method = request.method ?? 'GET';
    this.url = request.url ?? '/';
    this.headers = request.headers;
    const socket = tlsSocket(request);
    this.certificate = socket && certificateOf(socket);
    // A connection that breaks is the end of its requests, which `close` tells.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    response.once('close', () => {
      this.closed = true;
      if (!response.writableFinished) this.gone?.abort();
      this.onClose?.(response.statusCode);
    });
  }

  get remoteAddress(): string | undefined {
    return this.request.socket.remoteAddress;
  }

  /** Made when somebody asks: most requests are over before anyone does. */
  get signal(): AbortSignal {
    this.gone ??= new AbortController();
    if (this.closed && !this.response.writableFinished) this.gone.abort();
    return this.gone.signal;
  }

  whenClosed(done: (status: number) => void): void {
    if (this.closed) done(this.response.statusCode);
    else this.onClose = done;
  }
}

/** Authentication and authorization come before the body is read. */
async function serve(chain: Chain, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const exchange = new Exchange(request, response);
    const entered = await chain.admit(exchange);
    if ('refused' in entered) return await send(request, response, entered.refused, chain.random);
    exchange.whenClosed(entered.done);
    const body = hasBody(request) ? await chain.receive(entered.admitted, () => readBody(request, chain.clock)) : noBody;
    await send(request, response, await chain.serve(entered.admitted, body), chain.random);
  } catch (err) {
    if (response.headersSent) return void response.destroy(err instanceof Error ? err : undefined);
    if (!request.complete) endWith(request, response, chain.clock);
    await send(request, response, statusAnswer(statusOf(err)), chain.random).catch(() => response.destroy());
  }
}

/** Of a body that is still on its way nothing more is wanted: it is read for a moment, so that the answer is heard, and cut then. */
function endWith(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  if (request.httpVersionMajor === 1) response.setHeader('connection', 'close');
  response.once('finish', () => void clock.after(LINGER_MS, () => request.complete || request.destroy()));
}

/** HTTP/2 requests share the socket of their session. */
function tlsSocket(raw: IncomingMessage | Http2ServerRequest): TLSSocket | undefined {
  const socket = 'stream' in raw ? raw.stream.session?.socket : raw.socket;
  // A session hands out a proxy of its socket that answers reads, and not the `in` operator.
  return typeof (socket as Partial<TLSSocket> | undefined)?.getPeerCertificate === 'function' ? (socket as TLSSocket) : undefined;
}

const commonHeaders = { 'cache-control': 'no-cache, private' };

async function send(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer, random: Random): Promise<void> {
  const { status, headers, body } = answer;
  const all: HttpAnswer['headers'] = { ...commonHeaders, 'audit-id': auditId(request.headers, random), ...headers };
  if (typeof body === 'function') return stream(response, { status, headers: all, body });
  if (response.destroyed || response.writableEnded) return;
  const parts = Buffer.isBuffer(body) ? [body] : body;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const packs = !all['content-encoding'] && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (status === 304) {
    response.writeHead(status, all).end();
  } else if (request.method === 'HEAD') {
    response.writeHead(status, { ...all, 'content-length': String(length) }).end();
  } else if (length >= GZIP_THRESHOLD_BYTES && packs) {
    response.writeHead(status, { ...all, 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    await pipeline(Readable.from(pieces(parts)), createGzip({ level: 1 }), response);
  } else if (length > PIECE_BYTES) {
    response.writeHead(status, { ...all, 'content-length': String(length) });
    await pipeline(Readable.from(pieces(parts)), response);
  } else {
    response.writeHead(status, { ...all, 'content-length': String(length) });
    response.end(parts.length === 1 ? parts[0] : Buffer.concat(parts, length));
  }
}

/** The same bytes in fewer pieces; those of a long part are shared with it. */
export function* pieces(parts: readonly Buffer[]): Generator<Buffer> {
  let piece: Buffer[] = [];
  let length = 0;
  for (const part of parts) {
    if (length > 0 && length + part.length > PIECE_BYTES) {
      yield Buffer.concat(piece, length);
      piece = [];
      length = 0;
    }
    if (part.length > PIECE_BYTES) {
      for (let at = 0; at < part.length; at += PIECE_BYTES) yield part.subarray(at, at + PIECE_BYTES);
      continue;
    }
    piece.push(part);
    length += part.length;
  }
  if (length > 0) yield Buffer.concat(piece, length);
}

type Streamed = HttpAnswer & { body: (sink: ResponseSink) => Promise<void> };

async function stream(response: ServerResponse, { status, headers, body }: Streamed): Promise<void> {
  // A client that has left meanwhile gets no head; the body is run all the same, and ends what it stands on.
  const sink = new ResponseSink(response);
  if (!sink.signal.aborted) {
    response.writeHead(status, headers);
    // Clients wait for the head of a watch that has nothing to tell yet.
    response.flushHeaders();
  }
  try {
    await body(sink);
    response.end();
  } catch (err) {
    // The head is out: all that is left is to cut the connection, which tells the client that this was not the end.
    response.destroy(err instanceof Error ? err : undefined);
  }
}
