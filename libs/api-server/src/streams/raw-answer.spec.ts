import { PassThrough } from 'node:stream';
import { acceptSpdy, refuseUpgrade, switchProtocols } from './raw-answer.ts';

const written = (write: (socket: PassThrough) => void): { text: string; over: boolean } => {
  const socket = new PassThrough();
  write(socket);
  return { text: String(socket.read()), over: socket.writableEnded };
};

it('a refusal is a whole answer, and the end of the connection', () => {
  expect(written((socket) => refuseUpgrade(socket, 403, 'nö', { 'X-Spoken': 'v4' }))).toEqual({
    text: 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nX-Spoken: v4\r\n\r\nnö',
    over: true,
  });
});

it('a refusal may be a Status, and of a status that nobody has named', () => {
  expect(written((socket) => refuseUpgrade(socket, 599, '{}', { 'content-type': 'application/json' })).text).toBe(
    'HTTP/1.1 599 \r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  );
});

it.each([
  ['v4.channel.k8s.io', 'Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n'],
  ['', 'Upgrade: SPDY/3.1\r\n\r\n'],
])('SPDY is accepted with the protocol %j', (protocol, lines) => {
  const { text, over } = written((socket) => acceptSpdy(socket, protocol));
  expect([text, over]).toEqual([`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${lines}`, false]);
});

it('a header that is repeated stays so', () => {
  expect(written((socket) => switchProtocols(socket, { Upgrade: 'x', 'Set-Cookie': ['a=1', 'b=2'] })).text).toContain(
    'Upgrade: x\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
  );
});
