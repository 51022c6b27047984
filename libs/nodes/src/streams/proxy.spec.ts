import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiError, KubeObject } from '#api';
import type { Pod } from '#api/types';
import { systemClock, systemRandom } from '#base';
import { silentLogger } from '#telemetry';
import type { ConnectRequest, HttpSink } from '#api-server/contract';
import { Channel, type Frame, type NodeStream, refuseUpgrade, type StreamRequest } from '#api-server';
import { frame, pod } from '../testing/stream-server.ts';
import { connectHandlers } from './index.ts';

const prefix = '/api/v1/namespaces/default/pods/p/proxy';
const token = 'eyJhbGciOi.secret-token';

/** A connection on the node, which is this machine here. */
function streamTo(port: number): NodeStream {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  return {
    send: (channel, data = Buffer.alloc(0)) => {
      if (channel === Channel.CHANNEL_CLOSE) socket.end();
      else socket.write(data);
      return true;
    },
    drained: async () => {},
    close: () => void socket.destroy(),
    async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
      for await (const chunk of socket) yield frame(Channel.CHANNEL_STDOUT, chunk as Buffer);
    },
  };
}

describe('a proxied request', () => {
  let backend: RequestListener;
  let answersUpgrade: (socket: Duplex) => void;
  let seen: IncomingMessage;
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const listen = async (server: Server): Promise<void> => {
    servers.push(server.on('connection', (socket) => sockets.add(socket)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  };
  const podServer = createServer((request, response) => {
    seen = request;
    backend(request, response);
  });
  podServer.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    seen = request;
    answersUpgrade(socket);
  });
  const handlers = connectHandlers({
    nodes: { sessions: { open: async () => streamTo(portOf(podServer)) } } as never,
    view: { get: () => undefined, list: () => [], onChange: () => () => {} },
    clock: systemClock,
    random: systemRandom,
    authorizer: { authorize: async () => ({ allowed: true, reason: '' }) },
    logger: silentLogger,
  });
  const handle = async (request: IncomingMessage, extra: object, signal: AbortSignal) => {
    const [path = '', rawQuery = ''] = (request.url ?? '').split('?');
    const target = { resource: { group: '', version: 'v1', resource: 'pods' }, subresource: 'proxy', namespace: 'default', name: 'p' };
    return handlers['pods/proxy']!({
      ...target,
      user: { username: 'me', groups: [] },
      path,
      rest: path.slice(prefix.length),
      method: request.method ?? 'GET',
      query: new URLSearchParams(rawQuery),
      rawQuery,
      headers: request.headers,
      object: pod({ status: { podIP: '10.1.2.3' } }),
      remoteAddress: '192.0.2.9',
      signal,
      ...extra,
    });
  };
  const front = createServer((request, response) => {
    const gone = new AbortController();
    const sink: HttpSink = { write: (chunk) => response.write(chunk), drained: async () => {}, pendingBytes: 0, signal: gone.signal };
    const serve = async (): Promise<void> => {
      const { status, headers, body } = (await handle(request, {}, gone.signal))!;
      response.writeHead(status, headers);
      if (typeof body === 'function') await body(sink);
      response.end(Buffer.isBuffer(body) ? body : undefined);
    };
    serve().catch((err: ApiError) => (response.headersSent ? response.destroy() : response.writeHead(err.code).end(err.message)));
  });
  front.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    handle(request, { upgrade: { request, socket, head } }, new AbortController().signal).then(
      (answer) => answer && refuseUpgrade(socket, answer.status, String(answer.body)),
      (err: ApiError) => refuseUpgrade(socket, err.code, err.message),
    );
  });

  beforeAll(async () => {
    await listen(podServer);
    await listen(front);
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  });
  beforeEach(() => {
    backend = (_request, response) => response.end('hello');
    answersUpgrade = (socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes');
  });

  const ask = async (rest: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {}) => {
    const request = httpRequest({ host: '127.0.0.1', port: portOf(front), path: `${prefix}${rest}`, method, headers, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  };
  const askRaw = async (headers: Record<string, string>): Promise<string> => {
    const socket = connect(portOf(front), '127.0.0.1');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.write(`GET ${prefix}/ws HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  };

  const secrets = {
    authorization: `Bearer ${token}`,
    'impersonate-user': 'root',
    'impersonate-extra-scopes': 'all',
    'x-remote-user': 'root',
    'x-remote-extra-a': 'b',
    'proxy-authorization': 'Basic abc',
    'x-own-token': token,
    cookie: `session=1; t=${token}`,
    'keep-alive': '5',
    te: 'trailers',
    'x-hop': '1',
    'x-forwarded-proto': 'ftp',
    'x-forwarded-host': 'evil',
    'x-forwarded-uri': '/evil',
  };
  const kept = { accept: 'text/plain', 'x-mine': '1', 'x-forwarded-for': '203.0.113.1' };
  const wanted = {
    ...kept,
    host: 'api.example:6443',
    'x-forwarded-for': '203.0.113.1, 192.0.2.9',
    'x-forwarded-uri': `${prefix}/ws`,
    'x-forwarded-host': 'api.example:6443',
    'x-forwarded-proto': 'https',
  };

  it('shows nothing of its caller to the pod', async () => {
    const headers = { host: 'api.example:6443', connection: 'close, X-Hop', ...secrets, ...kept };
    expect((await ask(`/ws?a=%20b&access_token=${token}&a=+c`, { headers })).body.toString()).toBe('hello');
    expect(seen.headers).toEqual({ ...wanted, connection: 'close' });
    expect(seen.url).toBe('/ws?a=%20b&a=+c');
  });

  it('shows nothing of its caller to the pod when it asks for another protocol', async () => {
    const offered = `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}, chat`;
    const { authorization: _, ...others } = secrets;
    const answer = await askRaw({
      ...others,
      ...kept,
      host: 'api.example:6443',
      connection: 'Upgrade, X-Hop',
      upgrade: 'websocket',
      'sec-websocket-protocol': offered,
    });
    expect(answer).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\nbytes$/s);
    expect(seen.headers).toEqual({ ...wanted, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'chat' });
    expect(seen.rawHeaders.join()).not.toContain(token);
  });

  it('answers a refused upgrade as the pod does, and one that is no answer with an error', async () => {
    answersUpgrade = (socket) => socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 2\r\n\r\nno');
    expect(await askRaw({ host: 'x', connection: 'Upgrade', upgrade: 'websocket' })).toMatch(/^HTTP\/1\.1 418 .*\r\n\r\nno$/s);
    answersUpgrade = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno');
    expect(await askRaw({ host: 'x', connection: 'Upgrade', upgrade: 'websocket' })).toContain('invalid upgrade response: status code 200');
  });

  it.each<[string, string, number]>([
    ['switches protocols unasked', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes', 502],
    ['answers with a status that there is not', 'HTTP/1.1 999 Odd\r\n\r\n', 502],
    ['speaks something else', 'SSH-2.0-x\r\n', 503],
    ['says nothing', '', 503],
    ['never ends its head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1 << 17)}`, 503],
  ])('is answered with an error when the pod %s', async (_what, bytes, status) => {
    backend = (request) => request.socket.end(bytes);
    expect((await ask('/')).status).toBe(status);
    backend = (_request, response) => response.end('hello');
    expect((await ask('/')).status).toBe(200);
  });

  it('gets the answer without what concerns the connection or the api-server', async () => {
    backend = (_request, response) => {
      response.writeHead(200, {
        'content-length': '5',
        connection: 'close, X-Hop',
        'x-hop': '1',
        'audit-id': 'forged',
        'proxy-authenticate': 'Basic',
        'access-control-allow-origin': '*',
        'access-control-allow-credentials': 'true',
        'set-cookie': ['a=1', 'b=2'],
        'x-kept': 'yes',
      });
      response.end('hello');
    };
    const { headers } = await ask('/');
    expect(headers).toMatchObject({ 'content-length': '5', 'set-cookie': ['a=1', 'b=2'], 'x-kept': 'yes' });
    for (const name of ['x-hop', 'audit-id', 'proxy-authenticate', 'access-control-allow-origin', 'access-control-allow-credentials']) {
      expect(headers[name]).toBeUndefined();
    }
  });

  it.each([
    ['GET', '', 301, `${prefix}/`],
    ['HEAD', '?a=1', 301, `${prefix}/?a=1`],
    ['POST', '', 200, undefined],
    ['GET', '/', 200, undefined],
  ])('%s of the bare path%s is answered with %i', async (method, query, status, location) => {
    const answer = await ask(query, { method });
    expect([answer.status, answer.headers.location]).toEqual([status, location]);
  });

  it.each([
    ['/login', `${prefix}/login`],
    ['http://10.1.2.3:80/a?b', `${prefix}/a?b`],
    ['https://elsewhere.example/', 'https://elsewhere.example/'],
    ['next', 'next'],
  ])('is redirected by %j to %j', async (location, want) => {
    backend = (_request, response) => response.writeHead(302, { location, 'content-type': 'text/html' }).end('<a href="/x">');
    const answer = await ask('/');
    expect([answer.status, answer.headers.location, answer.body.toString()]).toEqual([302, want, '<a href="/x">']);
  });

  const [page, rewritten] = ['<a href="/x">é</a>', `<a href="${prefix}/x">é</a>`].map((text) => Buffer.from(text)) as [Buffer, Buffer];
  const same = (bytes: Buffer): Buffer => bytes;
  it.each<[string, (bytes: Buffer) => Buffer, (bytes: Buffer) => Buffer]>([
    ['', same, same],
    ['gzip', gzipSync, gunzipSync],
    ['deflate', deflateSync, inflateSync],
    ['deflate', deflateRawSync, inflateRawSync],
  ])('gets the links of a page rewritten, packed as it came (%s)', async (encoding, pack, unpack) => {
    const packed = pack(page);
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-length': packed.length,
      ...(encoding && { 'content-encoding': encoding }),
    };
    backend = (_request, response) => response.writeHead(200, headers).end(packed);
    const answer = await ask('/');
    expect(unpack(answer.body).toString()).toBe(rewritten.toString());
    expect(answer.headers['content-encoding'] ?? '').toBe(encoding);
    expect((await ask('/', { method: 'HEAD' })).headers['content-length']).toBe(String(packed.length));
  });

  it.each([
    ['text/plain', ''],
    ['application/json', ''],
    ['text/html', 'br'],
    ['', ''],
  ])('gets everything else as it is (%s %s)', async (type, encoding) => {
    const headers = { ...(type && { 'content-type': type }), ...(encoding && { 'content-encoding': encoding }) };
    backend = (_request, response) => response.writeHead(200, headers).end(page);
    expect((await ask('/')).body).toEqual(page);
  });

  it('breaks off where a packed page is not what it says', async () => {
    backend = (_request, response) => response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end('no gzip');
    await expect(ask('/')).rejects.toThrow('socket hang up');
    backend = (_request, response) => response.end('hello');
    expect((await ask('/')).status).toBe(200);
  });
});

describe('what a proxy reaches', () => {
  const opened: StreamRequest[] = [];
  const handlers = connectHandlers({
    nodes: {
      sessions: {
        open: async (_node: string, what: StreamRequest) => {
          opened.push(what);
          throw new Error('enough');
        },
      },
    } as never,
    view: { get: () => undefined, list: () => [], onChange: () => () => {} },
    clock: systemClock,
    random: systemRandom,
    authorizer: { authorize: async () => ({ allowed: true, reason: '' }) },
    logger: silentLogger,
  });
  const reach = async (name: string, object: KubeObject, says = 'enough'): Promise<unknown> => {
    opened.length = 0;
    const resource = { group: '', version: 'v1', resource: 'pods' };
    const request = { resource, name, object, path: `${prefix}/a`, rest: '/a', method: 'GET', rawQuery: '', headers: {} };
    await expect(handlers['pods/proxy']!(request as unknown as ConnectRequest)).rejects.toThrow(says);
    return opened[0]?.what;
  };

  it('is the port of the pod, and of the node, not its loopback, where the pod has its network', async () => {
    expect(await reach('p:81', pod())).toEqual({ $case: 'port', value: { port: 81 } });
    const shared = pod() as Pod;
    expect(await reach('p:81', { ...shared, spec: { ...shared.spec, hostNetwork: true } } as KubeObject)).toEqual({
      $case: 'nodeProxy',
      value: { port: 81 },
    });
  });

  it.each(['0x50', '1e2', '+80', '0', '65536', 'http', ' 80'])('is no port %j', async (port) => {
    expect(await reach(`p:${port}`, pod(), `invalid port ${JSON.stringify(port)}`)).toBeUndefined();
  });
});
