import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import type { HttpAnswer } from '../contract.ts';
import { answerOverWebSocket, logProtocols, watchProtocols } from './websocket-answer.ts';

const server = createServer();
let answer: (offered: string[]) => Promise<[Parameters<typeof answerOverWebSocket>[1], HttpAnswer['body']]>;
let answered: Promise<void> = Promise.resolve();
beforeAll(async () => {
  server.on('upgrade', (request, socket, head) => {
    const offered = String(request.headers['sec-websocket-protocol'] ?? '')
      .split(',')
      .filter(Boolean);
    answered = answer(offered).then(([protocols, body]) =>
      answerOverWebSocket({ upgrade: { request, socket, head }, headers: request.headers }, protocols, { status: 200, headers: {}, body }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

async function heard(...protocols: string[]): Promise<{ messages: string[]; kinds: boolean[]; code: number; protocol: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, protocols);
  const [messages, kinds]: [string[], boolean[]] = [[], []];
  socket.on('message', (data: Buffer, isBinary) => {
    messages.push(data.toString());
    kinds.push(isBinary);
  });
  const closed = once(socket, 'close') as Promise<[number]>;
  const [code] = await closed;
  return { messages, kinds, code, protocol: socket.protocol };
}

describe('a watch', () => {
  it.each(['', 'anything'])('is an event a message, as text, whatever protocol is named: %j', async (protocol) => {
    answer = async (offered) => [
      watchProtocols(offered),
      async (sink) => void [sink.write(Buffer.from('{"a":1}\n{"b":2}\n')), sink.write(Buffer.from('{"c":3}\n'))],
    ];
    expect(await heard(...(protocol ? [protocol] : []))).toEqual({
      messages: ['{"a":1}', '{"b":2}', '{"c":3}'],
      kinds: [false, false, false],
      code: 1000,
      protocol,
    });
  });
});

describe('a log', () => {
  it.each([
    { protocols: [], kind: true, message: 'a\nb' },
    { protocols: ['binary.k8s.io'], kind: true, message: 'a\nb' },
    { protocols: ['base64.binary.k8s.io'], kind: false, message: Buffer.from('a\nb').toString('base64') },
  ])('is sent as it comes: $protocols', async ({ protocols, kind, message }) => {
    answer = async () => [logProtocols, Buffer.from('a\nb')];
    const { messages, kinds, code } = await heard(...protocols);
    expect([messages, kinds, code]).toEqual([[message], [kind], 1000]);
  });

  it('that breaks off is cut, so that nobody takes it for whole', async () => {
    answer = async () => [
      logProtocols,
      async (sink) => {
        sink.write(Buffer.from('some'));
        throw new Error('lost');
      },
    ];
    expect((await heard()).code).toBe(1006);
  });
});

it('what is not taken, for its protocol is not spoken, is told so', async () => {
  let told = false;
  answer = async () => [logProtocols, async ({ signal }) => void (told = signal.aborted)];
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, ['other']);
  const [err] = (await once(socket, 'error')) as [Error];
  await answered;
  expect([err.message, told]).toEqual(['Unexpected server response: 403', true]);
});

it('what is sent ends with the client', async () => {
  const gone = Promise.withResolvers<boolean>();
  answer = async () => [
    watchProtocols([]),
    async (sink) => {
      sink.write(Buffer.from('first\n'));
      await new Promise<void>((resolve) => sink.signal.addEventListener('abort', () => resolve()));
      await sink.drained();
      gone.resolve(sink.write(Buffer.from('second\n')));
    },
  ];
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(socket, 'message');
  socket.terminate();
  expect(await gone.promise).toBe(false);
});
