import type { Http2ServerRequest } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { certificateOf } from '../authentication/index.ts';
import { bodyTooLarge, type Chain, MAX_BODY_BYTES } from '../chain.ts';
import type { HttpAnswer } from '../contract.ts';
import type { Admitted, HttpCall } from '../rest/call.ts';
import { statusAnswer } from '../rest/render.ts';
import { statusOf } from '../errors/status-of.ts';
import { ResponseSink } from './response-sink.ts';

type Entered = { admitted: Admitted; done: (status: number) => void };

const entered = Symbol('admitted');
type WithEntry = FastifyRequest & { [entered]?: Entered };

/** Answers that are smaller are not worth packing: upstream's `defaultGzipThresholdBytes`. */
const GZIP_THRESHOLD_BYTES = 128 * 1024;
const gzipAsync = promisify(gzip);

/** Puts the chain behind one route for every path and method: authentication and authorization in a hook, before the body is read. */
export function serveChain(fastify: FastifyInstance<never>, chain: Chain): void {
  // In a scope of its own: its parser and error handler do not meet those of the framework around it.
  void (fastify as unknown as FastifyInstance).register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', (request, reply) => enter(chain, request, reply));
    scope.setErrorHandler(async (err: Error & { code?: string; statusCode?: number }, request, reply) => {
      const tooLarge = err.code === 'FST_ERR_CTP_BODY_TOO_LARGE' || err.statusCode === 413;
      if (tooLarge) await discardBody(request.raw);
      await send(request, reply, statusAnswer(statusOf(tooLarge ? bodyTooLarge() : err)));
    });
    const handler = (request: FastifyRequest, reply: FastifyReply): Promise<void> => serve(chain, request, reply);
    for (const url of ['/', '/*']) scope.route({ method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], url, handler });
  });
}

/**
 * Reads what a client goes on to send, up to a bound, and forgets it: a connection that is closed while the client writes is reset, and
 * the answer is lost with it.
 */
function discardBody(body: Readable, limitBytes = 4 * MAX_BODY_BYTES): Promise<void> {
  return new Promise((resolve) => {
    let left = limitBytes;
    body.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0) resolve();
    });
    for (const over of ['end', 'close', 'error']) body.once(over, () => resolve());
    if (body.readableEnded || body.destroyed) resolve();
  });
}

async function enter(chain: Chain, request: WithEntry, reply: FastifyReply): Promise<void> {
  // Of a body that no header tells of, as HTTP/2 allows (`kubectl create --raw`), the framework reads nothing.
  const { headers } = request.raw;
  if (request.raw.httpVersionMajor === 2 && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
  const result = await chain.admit(callOf(request, reply));
  if ('refused' in result) return send(request, reply, result.refused);
  request[entered] = result;
  const response = reply.raw as ServerResponse;
  response.once('close', () => result.done(response.statusCode));
}

async function serve(chain: Chain, request: WithEntry, reply: FastifyReply): Promise<void> {
  const { admitted } = request[entered]!;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  await send(request, reply, await chain.serve(admitted, body));
}

function callOf(request: FastifyRequest, reply: FastifyReply): HttpCall {
  const gone = new AbortController();
  const response = reply.raw as ServerResponse;
  response.once('close', () => {
    // Aborting costs an exception with its stack: only where somebody left before the end.
    if (!response.writableFinished) gone.abort();
  });
  const socket = tlsSocket(request.raw);
  return {
    method: request.method,
    url: request.url,
    headers: request.headers,
    remoteAddress: request.ip,
    ...(socket && { certificate: certificateOf(socket) }),
    signal: gone.signal,
  };
}

/** HTTP/2 requests share the socket of their session. */
function tlsSocket(raw: IncomingMessage | Http2ServerRequest): TLSSocket | undefined {
  const socket = 'stream' in raw ? raw.stream.session?.socket : raw.socket;
  // A session hands out a proxy of its socket that answers reads, and not the `in` operator.
  return typeof (socket as Partial<TLSSocket> | undefined)?.getPeerCertificate === 'function' ? (socket as TLSSocket) : undefined;
}

async function send(request: FastifyRequest, reply: FastifyReply, answer: HttpAnswer): Promise<void> {
  reply.hijack();
  // On HTTP/2 this is Node's compatibility response, which has the same methods.
  const response = reply.raw as ServerResponse;
  if (response.destroyed || response.writableEnded) return;
  if (typeof answer.body === 'function') return stream(response, answer, answer.body);
  const whole = Buffer.isBuffer(answer.body) ? answer.body : Buffer.concat(answer.body);
  const packed = whole.length >= GZIP_THRESHOLD_BYTES && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = packed ? await gzipAsync(whole, { level: 1 }) : whole;
  response.writeHead(answer.status, {
    ...commonHeaders,
    ...answer.headers,
    ...(packed && { 'content-encoding': 'gzip', vary: 'Accept-Encoding' }),
    'content-length': String(body.length),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const commonHeaders = { 'cache-control': 'no-cache, private' };

async function stream(response: ServerResponse, answer: HttpAnswer, write: (sink: ResponseSink) => Promise<void>): Promise<void> {
  response.writeHead(answer.status, { ...commonHeaders, ...answer.headers });
  // Clients wait for the head of a watch that has nothing to tell yet.
  response.flushHeaders();
  const sink = new ResponseSink(response);
  try {
    await write(sink);
    response.end();
  } catch (err) {
    // The head is out: all that is left is to cut the connection, which tells the client that this was not the end.
    response.destroy(err instanceof Error ? err : undefined);
  }
}
