import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { WebSocket } from 'ws';
import { silentLogger } from '#telemetry';
import { type Accepted, acceptWebSocket, listen, send } from './websocket.ts';

const server = createServer();
const spoken = ['v5', 'SPDY/3.1+portforward.k8s.io'];
let accepted: Promise<Accepted | undefined>;
beforeAll(async () => {
  server.on('upgrade', (request, socket, head) => {
    accepted = acceptWebSocket({ upgrade: { request, socket, head }, headers: { ...request.headers } }, spoken);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const dial = async (...protocols: string[]): Promise<WebSocket> => {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, protocols);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
};

it.each([
  { offered: ['v9', 'v5'], agreed: 'v5' },
  { offered: [], agreed: '' },
])('of $offered it speaks $agreed', async ({ offered, agreed }) => {
  const socket = await dial(...offered);
  expect([socket.protocol, (await accepted)?.protocol]).toEqual([agreed, agreed]);
  socket.terminate();
});

it('tells who speaks none of its protocols which they are', async () => {
  await expect(dial('v9')).rejects.toThrow('403');
  expect(await accepted).toBeUndefined();
});

it('is undefined for a request that changes no connection', async () => {
  expect(await acceptWebSocket({ headers: {} }, spoken)).toBeUndefined();
});

it('is refused for who has gone', async () => {
  const headers = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const socket = new PassThrough();
  socket.destroy();
  const upgrade = { request: { method: 'GET', headers } as unknown as IncomingMessage, socket, head: Buffer.alloc(0) };
  await expect(acceptWebSocket({ upgrade, headers }, spoken)).rejects.toMatchObject({
    code: 400,
    message: 'unable to upgrade: the client went away',
  });
});

it('reads nothing before somebody listens, and then all', async () => {
  const socket = await dial('v5');
  socket.send('early');
  const { client } = (await accepted)!;
  expect(client.isPaused).toBe(true);
  const heard = new Promise<string>((resolve) => listen(client, silentLogger, (message) => resolve(message.toString())));
  client.resume();
  expect(await heard).toBe('early');
  socket.terminate();
});

it('a message that breaks its handler ends this client alone', async () => {
  const [one, other] = [await dial('v5'), await accepted];
  listen(other!.client, silentLogger, () => {
    throw new Error('broken');
  });
  other!.client.resume();
  one.send('x');
  const [code] = (await once(one, 'close')) as [number];
  expect(code).toBe(1011);
});

it('sends, and says nothing to who has gone', async () => {
  const socket = await dial('v5');
  const { client } = (await accepted)!;
  const heard = once(socket, 'message') as Promise<[Buffer]>;
  await send(client, 'hello');
  expect((await heard)[0].toString()).toBe('hello');
  client.terminate();
  await send(client, 'late');
  socket.terminate();
});
