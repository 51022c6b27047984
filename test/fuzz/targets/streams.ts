import { once } from 'node:events';
import { connect } from 'node:net';
import { inspect } from 'node:util';
import { frame, StreamServer, success } from '#nodes/testing';
import type { Random } from '#base';
import type { Target } from '../contract.ts';
import { excerpt, mutated, oneOf, sizeUpTo, trickyText } from '../inputs/bytes.ts';

interface Input {
  head: string;
  chunks: Buffer[];
}

const paths = [
  'exec?command=cat&stdin=true&stdout=true&tty=true',
  'exec?command=cat&stdout=true',
  'attach?stdin=true&stdout=true',
  'portforward?ports=80&ports=81',
  'portforward?ports=0',
  'log',
];
const protocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'SPDY/3.1+portforward.k8s.io',
  'x',
  '',
];
const patienceTurns = 20;
const stdout = 2;
const statusChannel = 5;

/** Clients of exec, attach and port-forward, over WebSocket and SPDY, from the first byte of their requests on. */
export const streams: Target<Input> = {
  name: 'streams',
  share: 3,
  async open() {
    const served = new StreamServer();
    await served.listen();
    return {
      make: (random) => ({ head: upgrade(random), chunks: Array.from({ length: sizeUpTo(random, 12) }, () => chunk(random)) }),
      show: ({ head, chunks }) => `${JSON.stringify(head)} ${chunks.map(excerpt).join(' ').slice(0, 900)}`,
      async feed({ head, chunks }) {
        served.reset();
        served.node.onSend = () => served.node.say(frame(stdout, 'said'));
        const wrong = await converse(served.base, head, chunks);
        served.node.say(frame(statusChannel, JSON.stringify(success)));
        served.node.end();
        const failure = served.failures.pop();
        return wrong ?? (failure === undefined ? undefined : `a handler failed: ${inspect(failure)}`);
      },
      close: async () => served.close(),
    };
  },
};

async function converse(base: string, head: string, chunks: readonly Buffer[]): Promise<string | undefined> {
  const [host, port] = base.split(':');
  const socket = connect(Number(port), host);
  let said = '';
  socket.on('data', (bytes: Buffer) => (said += said.length < 100 ? bytes.toString('latin1') : ''));
  socket.on('error', () => undefined); // the server may hang up on what it was sent
  await once(socket, 'connect');
  socket.write(Buffer.from(head, 'latin1'));
  for (const bytes of chunks) socket.write(bytes);
  // What is still unread when the client goes was not wanted: the server may have stopped reading long before.
  for (let turn = 0; turn < patienceTurns && !socket.closed; turn++) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  if (!socket.closed) await once(socket, 'close');
  return /^HTTP\/1\.1 5\d\d/.test(said) ? said : undefined;
}

function upgrade(random: Random): string {
  const isSpdy = random.below(2) === 0;
  const key = oneOf(random, ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ==', 'short', '']);
  const lines = isSpdy
    ? [
        'Connection: Upgrade',
        'Upgrade: SPDY/3.1',
        `X-Stream-Protocol-Version: ${oneOf(random, ['v4.channel.k8s.io', 'portforward.k8s.io', 'x'])}`,
      ]
    : [
        'Connection: Upgrade',
        'Upgrade: websocket',
        `Sec-WebSocket-Key: ${key}`,
        `Sec-WebSocket-Version: ${oneOf(random, ['13', '13', '13', '8', 'x'])}`,
        `Sec-WebSocket-Protocol: ${oneOf(random, protocols)}`,
      ];
  return `${isSpdy ? 'POST' : 'GET'} /${oneOf(random, paths)} HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function chunk(random: Random): Buffer {
  const made = random.below(2) === 0 ? webSocketFrame(random) : spdyFrame(random);
  return random.below(3) === 0 ? mutated(made, random) : made;
}

const payloads = ['null', '{"Width":80,"Height":24}', '{"Width":1e999}', '[]', 'hello', '', '\u0000'];

/** RFC 6455 §5.2. */
function webSocketFrame(random: Random): Buffer {
  const channel = Buffer.of(oneOf(random, [0, 1, 2, 3, 4, 255, 0x30, 0x34, 9]));
  const text = Buffer.from(random.below(3) === 0 ? trickyText(random) : oneOf(random, payloads));
  const payload = random.below(100) === 0 ? Buffer.alloc(sizeUpTo(random, 20 << 20)) : Buffer.concat([channel, text]);
  const isMasked = random.below(10) > 0;
  const first = (random.below(8) > 0 ? 0x80 : 0) | oneOf(random, [1, 2, 2, 2, 8, 9, 10, 0, 3, 0x72]);
  const length =
    payload.length < 126
      ? Buffer.of(payload.length)
      : payload.length < 65_536
        ? Buffer.of(126, payload.length >> 8, payload.length & 255)
        : Buffer.of(127, 0, 0, 0, 0, ...Buffer.from(payload.length.toString(16).padStart(8, '0'), 'hex'));
  if (isMasked) length[0]! |= 0x80;
  return Buffer.concat([Buffer.of(first), length, isMasked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

/** SPDY/3.1 §2.2: control frames of every type and data frames, with bodies that are mostly nonsense. */
function spdyFrame(random: Random): Buffer {
  const body = random.below(3) === 0 ? Buffer.alloc(sizeUpTo(random, 5000), random.below(256)) : random.bytes(random.below(40));
  const head = Buffer.alloc(8);
  if (random.below(2) === 0) {
    head.writeUInt16BE(0x8003, 0);
    head.writeUInt16BE(oneOf(random, [1, 2, 3, 4, 6, 7, 8, 9, 99]), 2);
  } else head.writeUInt32BE(oneOf(random, [0, 1, 3, 5, 2 ** 31 - 1]), 0);
  head.writeUInt32BE(oneOf(random, [0, 1, 2, 255]) * 2 ** 24 + body.length, 4);
  return Buffer.concat([head, body]);
}
