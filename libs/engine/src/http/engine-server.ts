import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { Duplex, PassThrough, type Readable } from 'node:stream';
import type { Logger } from '#telemetry';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { apiVersion, newestApi, oldestApi, serverHeader } from '../system/versions.ts';
import type { ApiVersion, Call, Endpoint, Reply } from './endpoint.ts';
import { Router, splitVersion } from './router.ts';

export interface EngineServerOptions {
  /** Path of the unix socket; whoever may open it is root on this node: mode 0660. */
  socket: string;
  endpoints: readonly Endpoint[];
  engine: Engine;
  logger: Logger;
}

/** A client that reads no answer while it sends is not listened to for ever. */
const unreadLimitBytes = 256 * 1024 * 1024;

/** The Engine API on a unix socket. */
export class EngineServer {
  private readonly router: Router;
  private readonly server: Server;

  private constructor(private readonly options: EngineServerOptions) {
    this.router = new Router(options.endpoints);
    // Waiting for a container, or attached to one, a connection is silent for as long as it likes.
    this.server = createServer({ requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 60_000 });
    this.server.on('request', (request, response) => void this.serve(request, new PlainAnswer(request, response)));
    this.server.on('upgrade', (request, socket, head) => void this.serve(request, new UpgradedAnswer(request, socket, head)));
  }

  static async listen(options: EngineServerOptions): Promise<EngineServer> {
    const server = new EngineServer(options);
    await mkdir(dirname(options.socket), { recursive: true });
    await rm(options.socket, { force: true }); // of one that was killed
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject);
      server.server.listen(options.socket, resolve);
    });
    await chmod(options.socket, 0o660);
    return server;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
    await rm(this.options.socket, { force: true });
  }

  private async serve(request: IncomingMessage, answer: Answer): Promise<void> {
    const gone = new AbortController();
    answer.onGone(() => gone.abort());
    try {
      await answer.send(await this.reply(request, answer.body, gone.signal));
    } catch (err) {
      if (gone.signal.aborted) return;
      const refused = err instanceof EngineError ? err : new EngineError(500, err instanceof Error ? err.message : String(err));
      if (!(err instanceof EngineError)) this.options.logger.error({ err, path: request.url }, 'the engine failed at a request');
      answer.refuse(refused);
    }
  }

  private async reply(request: IncomingMessage, body: Readable, signal: AbortSignal): Promise<Reply> {
    const url = URL.parse(request.url ?? '/', 'http://docker');
    if (!url) throw new EngineError(400, 'malformed request URL');
    const { version = newestApi, rest } = splitVersion(url.pathname);
    checkVersion(version);
    const route = this.router.find(request.method ?? 'GET', rest);
    if (!route) throw new EngineError(404, 'page not found');
    const call: Call = {
      param: (name) => route.params.get(name) ?? '',
      query: url.searchParams,
      headers: request.headers,
      body,
      signal,
      version,
    };
    return route.endpoint.handle(call, this.options.engine);
  }
}

const isBefore = (a: ApiVersion, b: ApiVersion): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

function checkVersion(version: ApiVersion): void {
  if (isBefore(version, oldestApi))
    throw new EngineError(
      400,
      `client version ${version.join('.')} is too old. Minimum supported API version is ${oldestApi.join('.')}, please upgrade your client to a newer version`,
    );
  if (isBefore(newestApi, version))
    throw new EngineError(400, `client version ${version.join('.')} is too new. Maximum supported API version is ${apiVersion}`);
}

/** Where a reply goes. */
interface Answer {
  body: Readable;
  onGone(then: () => void): void;
  send(reply: Reply): Promise<void>;
  /** After what was sent already, it ends. */
  refuse(error: EngineError): void;
}

/** To a request as any other. */
class PlainAnswer implements Answer {
  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
  }

  get body(): Readable {
    return this.request;
  }

  onGone(then: () => void): void {
    this.response.on('close', () => {
      if (!this.response.writableFinished) then();
    });
  }

  async send(reply: Reply): Promise<void> {
    const { response } = this;
    if ('hijack' in reply) return this.hijack(reply);
    if ('stream' in reply) {
      response.writeHead(reply.status, { 'content-type': reply.type, ...reply.headers });
      response.flushHeaders();
      await reply.stream(response);
      return void response.end();
    }
    if ('json' in reply) return this.text(reply.status, `${JSON.stringify(reply.json)}\n`, { 'content-type': 'application/json' });
    if ('text' in reply) return this.text(reply.status, reply.text, { 'content-type': 'text/plain; charset=utf-8', ...reply.headers });
    response.writeHead(reply.status).end();
  }

  refuse(error: EngineError): void {
    const { response } = this;
    if (response.headersSent) return void response.destroy();
    if (error.status === 304) return void response.writeHead(304).end();
    const text = `${JSON.stringify({ message: error.message })}\n`;
    if (this.request.complete) return this.text(error.status, text, { 'content-type': 'application/json' });
    this.refuseUnread(error.status, text);
  }

  /**
   * What is not read of a body must not be taken for the next request; and who is still sending would hear of a broken pipe and not of the
   * error, were the connection closed at once.
   */
  private refuseUnread(status: number, text: string): void {
    const { request, response } = this;
    response.shouldKeepAlive = false;
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    if (request.method !== 'HEAD') response.write(text);
    let left = unreadLimitBytes;
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) response.end();
    });
    request.on('close', () => response.end());
    request.resume();
  }

  private text(status: number, text: string, headers: Record<string, string>): void {
    this.response
      .writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) })
      .end(this.request.method === 'HEAD' ? undefined : text);
  }

  /** The older way: the answer is what comes out until the connection ends, the body what goes in. */
  private async hijack({ hijack, type }: Extract<Reply, { hijack: unknown }>): Promise<void> {
    const { request, response } = this;
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
    response.writeHead(200, { 'content-type': type });
    response.flushHeaders();
    await hijack(Duplex.from({ readable: request, writable: response }));
    response.end();
  }
}

/** To a request that wants the connection. */
class UpgradedAnswer implements Answer {
  readonly body: Readable;

  constructor(
    request: IncomingMessage,
    private readonly socket: Duplex,
    head: Buffer,
  ) {
    socket.on('error', () => socket.destroy()); // the client has gone, which `onGone` tells
    if (head.length > 0) socket.unshift(head);
    const length = Number(request.headers['content-length'] ?? 0);
    this.body = length > 0 ? firstOf(socket, length) : emptied();
  }

  onGone(then: () => void): void {
    this.socket.on('close', then);
  }

  async send(reply: Reply): Promise<void> {
    const { socket } = this;
    if ('hijack' in reply) {
      socket.write(`HTTP/1.1 101 UPGRADED\r\nContent-Type: ${reply.type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`);
      await reply.hijack(socket);
      return void socket.end();
    }
    if ('json' in reply) return this.text(reply.status, JSON.stringify(reply.json));
    if ('status' in reply && !('stream' in reply)) return this.text(reply.status, 'text' in reply ? reply.text : '');
    throw new EngineError(400, 'unable to upgrade to tcp, received 200');
  }

  refuse(error: EngineError): void {
    this.text(error.status, JSON.stringify({ message: error.message }));
  }

  private text(status: number, text: string): void {
    const headers = Object.entries({
      ...commonHeaders,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      Connection: 'close',
    });
    this.socket.end(
      `HTTP/1.1 ${status} ${status < 300 ? 'OK' : 'Error'}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${text}`,
    );
  }
}

const commonHeaders = { 'Api-Version': apiVersion, 'Docker-Experimental': 'false', Ostype: 'linux', Server: serverHeader };

function emptied(): Readable {
  const nothing = new PassThrough();
  nothing.end();
  return nothing;
}

/** The first bytes of a connection: the body of an upgraded request, which Node leaves in it. What follows stays for the connection. */
function firstOf(socket: Duplex, length: number): Readable {
  const body = new PassThrough();
  let left = length;
  const take = (): void => {
    for (let chunk: Buffer | null; left > 0 && (chunk = socket.read() as Buffer | null) !== null; ) {
      const mine = chunk.subarray(0, left);
      left -= mine.length;
      if (mine.length < chunk.length) socket.unshift(chunk.subarray(mine.length));
      body.write(mine);
    }
    if (left > 0) return;
    socket.off('readable', take);
    body.end();
  };
  socket.on('readable', take);
  socket.once('end', () => body.end());
  take();
  return body;
}
