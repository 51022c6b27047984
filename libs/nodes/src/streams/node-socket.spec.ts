import { text } from 'node:stream/consumers';
import { ApiError } from '#api';
import { Channel } from '#api-server';
import { FakeNode, frame, success } from '../testing/stream-server.ts';
import { NodeSocket } from './node-socket.ts';

const status = (value: object) => frame(Channel.CHANNEL_STATUS, JSON.stringify(value));

it('reads what the node says, until it says that all went well', async () => {
  const node = new FakeNode();
  node.say(frame(Channel.CHANNEL_STDOUT, 'a'), frame(Channel.CHANNEL_STDOUT, 'b'), status(success), frame(Channel.CHANNEL_STDOUT, 'late'));
  expect(await text(new NodeSocket(node))).toBe('ab');
});

it('breaks with what the node says went wrong', async () => {
  const node = new FakeNode();
  node.say(frame(Channel.CHANNEL_STDOUT, 'a'), status(new ApiError({ code: 500, reason: '', message: 'connection refused' }).status));
  await expect(text(new NodeSocket(node))).rejects.toThrow('connection refused');
});

it('writes, and ends its own direction alone', async () => {
  const node = new FakeNode();
  const socket = new NodeSocket(node);
  node.onSend = (channel) => channel === Channel.CHANNEL_CLOSE && node.say(frame(Channel.CHANNEL_STDOUT, 'answer'), status(success));
  socket.write('question');
  socket.end();
  expect(await text(socket)).toBe('answer');
  expect(node.sent).toEqual([
    [Channel.CHANNEL_STDIN, 'question'],
    [Channel.CHANNEL_CLOSE, ''],
  ]);
});

it('waits for a node whose window is full', async () => {
  const node = new FakeNode();
  const room = Promise.withResolvers<void>();
  node.send = () => false;
  node.drained = () => room.promise;
  let written = false;
  const socket = new NodeSocket(node);
  const done = new Promise<void>((resolve, reject) => socket.write('x', (err) => (err ? reject(err) : resolve()))).then(
    () => (written = true),
  );
  await Promise.resolve();
  expect(written).toBe(false);
  room.resolve();
  await done;
});

it('tells the node that it is over', async () => {
  const node = new FakeNode();
  const closed = new Promise<void>((resolve) => (node.close = resolve));
  new NodeSocket(node).destroy();
  await closed;
});
