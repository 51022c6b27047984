import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Channel } from '#api-server';
import { frame, StreamServer, success } from '../testing/stream-server.ts';
import { controlFrame, FrameReader, FrameType, flagFin, words } from './spdy/frames.ts';
import { HeaderBlocks } from './spdy/header-blocks.ts';

const streams = new StreamServer();
beforeAll(() => streams.listen());
afterAll(() => streams.close());

it('ends both streams of a connection that the pod has ended, though the client has not', async () => {
  const socket = connect(Number(streams.base.split(':')[1]), '127.0.0.1');
  const upgrade = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io';
  socket.write(`POST /portforward HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString()).toContain('101 Switching Protocols');
  const ended = new Set<number>();
  const reader = new FrameReader(1 << 16);
  const both = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      for (const each of reader.push(chunk)) if (!each.control && each.flags & flagFin) ended.add(each.streamId);
      if (ended.size === 2) resolve();
    });
  });
  const headers = new HeaderBlocks();
  for (const [id, type] of [
    [1, 'error'],
    [3, 'data'],
  ] as const) {
    const block = await headers.encode(
      new Map([
        ['streamtype', type],
        ['port', '80'],
        ['requestid', '0'],
      ]),
    );
    socket.write(controlFrame(FrameType.synStream, 0, Buffer.concat([words(id, 0), Buffer.alloc(2), block])));
  }
  streams.node.say(frame(Channel.CHANNEL_STDOUT, 'bye'), frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
  await both;
  expect([...ended].toSorted((a, b) => a - b)).toEqual([1, 3]);
  headers.close();
  socket.destroy();
});

it('accepts the SPDY tunnel of kubectl, whose name is no token', async () => {
  // The client library refuses to offer it, so the handshake is written by hand.
  const answer = await new Promise<string>((resolve, reject) => {
    const request = httpRequest(`http://${streams.base}/portforward`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
      },
    });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(`${response.statusCode} ${response.headers['sec-websocket-protocol']}`);
    });
    request.on('error', reject).end();
  });
  expect(answer).toBe('101 SPDY/3.1+portforward.k8s.io');
});
