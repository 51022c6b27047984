import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { systemClock } from '#base';
import { silentLogger } from '#telemetry';
import { Channel } from '#api-server';
import { frame, StreamServer, success } from '../testing/stream-server.ts';
import { SizeReader } from './command-client.ts';
import { controlFrame, dataFrame, FrameType, words } from './spdy/frames.ts';
import { spdyCommand } from './spdy-command.ts';

const exec = 'exec?command=cat&stdin=true&stdout=true&tty=true';
const status = frame(Channel.CHANNEL_STATUS, JSON.stringify(success));

describe('a client that sends what no client sends', () => {
  const streams = new StreamServer();
  beforeAll(() => streams.listen());
  afterAll(() => streams.close());
  beforeEach(() => {
    streams.reset();
    streams.node.onSend = (channel) => channel === Channel.CHANNEL_CLOSE && streams.node.say(status);
  });

  const garbage = [
    'null',
    '[]',
    '"x"',
    '0',
    '{',
    '{}',
    '{"Width":null}',
    '{"Width":"1","Height":"1"}',
    '{"Width":1e999,"Height":-1}',
    '}}}',
  ];
  it.each([...garbage, '{"Width":0,"Height":0}', '{"Width":70000,"Height":2}', ''])(
    'is not resized by %j, and its session lives',
    async (text) => {
      for (const protocol of ['v5.channel.k8s.io', 'v4.base64.channel.k8s.io']) {
        streams.reset();
        const { socket, closed } = await streams.dial(exec, [protocol]);
        const base64 = protocol.includes('base64');
        const say = (channel: number, data: string): void =>
          socket.send(
            base64 ? `${channel}${Buffer.from(data).toString('base64')}` : Buffer.concat([Buffer.of(channel), Buffer.from(data)]),
          );
        streams.node.onSend = (channel) => channel === Channel.CHANNEL_STDIN && streams.node.say(status);
        say(4, text);
        say(4, '{"Width":80,"Height":24}');
        say(0, 'hello');
        expect(await closed).toBe(1000);
        expect(streams.node.sent).toEqual([
          [Channel.CHANNEL_RESIZE, '80x24'],
          [Channel.CHANNEL_STDIN, 'hello'],
        ]);
      }
    },
  );

  it.each<[string, (Buffer | string)[]]>([
    ['empty messages', [Buffer.alloc(0), '']],
    ['channels that there are not', [Buffer.of(9, 1), Buffer.of(254), '\uffff', Buffer.of(255), Buffer.of(255, 77)]],
    ['text where bytes are spoken', ['null', '{}', '\u0004null', '\u0004[]']],
  ])('goes on after %s', async (_what, messages) => {
    for (const path of [exec, 'attach?stdin=true&stdout=true', 'portforward?ports=80,81']) {
      streams.reset();
      const { socket } = await streams.dial(path, ['v4.channel.k8s.io']);
      for (const message of messages) socket.send(message);
      const pong = once(socket, 'pong');
      socket.ping();
      await pong;
      expect(socket.readyState).toBe(WebSocket.OPEN);
      socket.terminate();
    }
  });

  it('hears 1009 for a message beyond 16 MiB', async () => {
    const { socket, closed } = await streams.dial(exec, ['v4.channel.k8s.io']);
    socket.on('error', () => undefined);
    socket.send(Buffer.alloc((16 << 20) + 1));
    expect(await closed).toBe(1009);
  });

  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  it.each<[string, Record<string, string | undefined>]>([
    ['no key', { 'sec-websocket-key': undefined }],
    ['an empty key', { 'sec-websocket-key': '' }],
    ['a key of another length', { 'sec-websocket-key': 'c2hvcnQ=' }],
    ['two keys', { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==' }],
    ['no version', { 'sec-websocket-version': undefined }],
    ['version 8', { 'sec-websocket-version': '8' }],
    ['version 1e1', { 'sec-websocket-version': '1e1' }],
    ['a POST', { method: 'POST' }],
  ])('is refused with 400, before anything is begun for it, with %s', async (_why, change) => {
    for (const path of [exec, 'attach?stdin=true&stdout=true', 'portforward?ports=80']) {
      const { method = 'GET', ...headers } = { ...upgrade, ...change };
      const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
      const socket = connect(Number(streams.base.split(':')[1]), '127.0.0.1');
      socket.end(`${method} /${path} HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`);
      const [head] = (await once(socket, 'data')) as [Buffer];
      expect(head.toString()).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(streams.asked).toEqual([]);
  });

  it('cannot forward more ports than channels have numbers', async () => {
    const ports = Array.from({ length: 200 }, () => '80').join(',');
    await expect(streams.dial(`portforward?ports=${ports}`, ['v4.channel.k8s.io'])).rejects.toThrow('400');
    expect(streams.asked).toEqual([]);
  });
});

it('reads sizes however they are cut', () => {
  const whole = '{"Width":80,"Height":24}\n{"Width":81,"Height":25}{"Width":82,"Height":26}';
  const want = [80, 81, 82].map((columns) => ({ columns, rows: columns - 56 }));
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
      const reader = new SizeReader();
      const bounds = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const parts = bounds.slice(1).map((end, i) => Buffer.from(whole.slice(bounds[i], end)));
      expect(parts.flatMap((part) => reader.push(part))).toEqual(want);
    }),
  );
});

describe('frames of SPDY', () => {
  const streams = { stdin: true, stdout: true, stderr: false, tty: true };
  /** Resolves when the connection is over, having taken the whole input; what is thrown past it fails the test run. */
  const serve = async (chunks: readonly Uint8Array[]): Promise<void> => {
    const [socket, far] = [new PassThrough({ highWaterMark: 1 << 24 }), new PassThrough()];
    const both = Object.assign(socket, { write: far.write.bind(far), end: () => socket.destroy() });
    const over = new Promise((resolve) => socket.once('close', resolve));
    far.resume();
    const command = spdyCommand(both, Buffer.alloc(0), {
      protocol: 'v4.channel.k8s.io',
      streams,
      clock: systemClock,
      logger: silentLogger,
    });
    const opened = command.then(
      () => undefined,
      () => undefined,
    );
    for (const chunk of chunks) socket.push(chunk);
    socket.push(null);
    await Promise.all([over, opened]);
  };

  const words32 = fc.integer({ min: 0, max: 0xffffffff });
  const anyFrame = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(12), fc.nat(255), fc.uint8Array({ maxLength: 64 }))
      .map(([type, flags, body]) => controlFrame(type, flags, Buffer.from(body))),
    fc.tuple(words32, fc.nat(255), fc.uint8Array({ maxLength: 64 })).map(([id, flags, body]) => dataFrame(id, flags, Buffer.from(body))),
    fc.tuple(words32, words32).map(([id, length]) => words(id, length)),
  );
  it('end the connection at worst', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anyFrame, { maxLength: 20 }), serve), { numRuns: 300 });
  });

  it.each([
    ['a stream without an id', [controlFrame(FrameType.synStream, 0, Buffer.alloc(0))]],
    ['a stream whose headers are no zlib', [controlFrame(FrameType.synStream, 0, Buffer.alloc(40, 1))]],
    ['a ping without a number', [controlFrame(FrameType.ping, 0, Buffer.alloc(0))]],
    ['a reset without a stream', [controlFrame(FrameType.rstStream, 0, Buffer.alloc(0))]],
    ['a control frame of 16 MiB', [controlFrame(FrameType.headers, 0, Buffer.alloc(0xffffff))]],
  ])('end it with %s', async (_what, chunks) => {
    await serve(chunks);
  });
});
