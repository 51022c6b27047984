import { Channel } from '#api-server';
import { frame, StreamServer, success } from '../testing/stream-server.ts';

const streams = new StreamServer();
beforeAll(() => streams.listen());
afterAll(() => streams.close());
beforeEach(() => streams.reset());

describe('port-forward over WebSocket channels', () => {
  it('begins each channel with its port and carries bytes both ways', async () => {
    streams.node.onSend = (channel, data) => {
      if (channel === Channel.CHANNEL_STDIN) streams.node.say(frame(Channel.CHANNEL_STDOUT, data.toString().toUpperCase()));
    };
    const { socket, messages } = await streams.dial('portforward?ports=80', ['v4.channel.k8s.io']);
    const answered = new Promise<void>((resolve) => socket.on('message', () => messages.length === 3 && resolve()));
    socket.send(Buffer.from('\u0000ping'));
    await answered;
    expect(messages.map((bytes) => [bytes[0], [...bytes.subarray(1)]])).toEqual([
      [0, [80, 0]],
      [1, [80, 0]],
      [0, [...Buffer.from('PING')]],
    ]);
    socket.terminate();
  });

  it('ends when the pod has ended its connections', async () => {
    const { socket } = await streams.dial('portforward?ports=80', ['v4.channel.k8s.io']);
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    streams.node.say(frame(Channel.CHANNEL_STDOUT, 'bye'), frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
    await closed;
  });
});
