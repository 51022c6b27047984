import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { ConnectRequest, HttpAnswer, HttpSink } from '#api-server/contract';
import { relay } from './proxy-relay.ts';

const place = { prefix: '/proxy', host: 'api:6443', backend: ['p'] };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function through(listener: RequestListener, request: Partial<ConnectRequest> = {}): Promise<HttpAnswer | undefined> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const given = {
    method: 'GET',
    path: '/proxy/a',
    rest: '/a',
    rawQuery: '',
    headers: {},
    signal: new AbortController().signal,
    ...request,
  };
  return relay(given as ConnectRequest, connect((server.address() as AddressInfo).port, '127.0.0.1'), { https: false, place });
}

async function bodyOf(answer: HttpAnswer | undefined): Promise<string> {
  const parts: Buffer[] = [];
  const signal = new AbortController().signal;
  const sink: HttpSink = { write: (chunk) => parts.push(chunk) > 0, drained: async () => {}, pendingBytes: 0, signal };
  await (answer!.body as (sink: HttpSink) => Promise<void>)(sink);
  return Buffer.concat(parts).toString();
}

it.each<{ name: string; request: Partial<ConnectRequest>; want: object }>([
  { name: 'path and query', request: { rest: '/a/../b', rawQuery: 'x=%2f&y' }, want: { method: 'GET', url: '/a/../b?x=%2f&y', body: '' } },
  { name: 'the top, when nothing follows', request: { rest: '' }, want: { method: 'GET', url: '/', body: '' } },
  { name: 'method and body', request: { method: 'PUT', body: Buffer.from('hello') }, want: { method: 'PUT', url: '/a', body: 'hello' } },
])('the other side sees $name', async ({ request, want }) => {
  let seen: object = {};
  const answer = await through((given, response) => {
    let body = '';
    given.on('data', (chunk: Buffer) => (body += chunk.toString()));
    given.on('end', () => {
      seen = { method: given.method, url: given.url, body };
      response.end('done');
    });
  }, request);
  expect([answer?.status, await bodyOf(answer), seen]).toEqual([200, 'done', want]);
});

it('rewrites where a page leads, and not what is no page', async () => {
  const page =
    (type: string): RequestListener =>
    (_request, response) =>
      response.writeHead(200, { 'content-type': type, 'content-length': 18 }).end('<a href="/x">x</a>');
  const html = await through(page('text/html'));
  expect([html?.headers['content-length'], await bodyOf(html)]).toEqual([undefined, '<a href="/proxy/x">x</a>']);
  const text = await through(page('text/plain'));
  expect([text?.headers['content-length'], await bodyOf(text)]).toEqual(['18', '<a href="/x">x</a>']);
});

it('rewrites where a redirect leads', async () => {
  const answer = await through((_request, response) => response.writeHead(302, { location: 'http://p/login' }).end());
  expect([answer?.status, answer?.headers.location]).toEqual([302, '/proxy/login']);
});

it.each<{ name: string; listener: RequestListener; code: number; says: string }>([
  {
    name: 'that hangs up',
    listener: (request) => request.socket.destroy(),
    code: 503,
    says: 'error trying to reach service: socket hang up',
  },
  {
    name: 'that answers with a status of nothing',
    listener: (_r, response) => response.writeHead(777).end(),
    code: 502,
    says: 'the backend answered with status 777',
  },
  {
    name: 'that speaks another protocol unasked',
    listener: (request) => request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n'),
    code: 502,
    says: 'backend tried to switch protocol "chat" when "" was requested',
  },
  {
    name: 'that breaks off where a packed page begins',
    listener: (request) =>
      request.socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: deflate\r\nContent-Length: 9\r\n\r\n'),
    code: 503,
    says: 'error trying to reach service: aborted',
  },
])('a backend $name is an error', async ({ listener, code, says }) => {
  await expect(through(listener)).rejects.toMatchObject({ code, message: says });
});

it('a request that cannot be written is refused', async () => {
  await expect(through(() => undefined, { rest: '/ä b' })).rejects.toMatchObject({ code: 400 });
});
