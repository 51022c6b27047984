import { ApiError, type Status } from '#api';
import { Channel } from '#api-server';
import { frame, pod, StreamServer, success } from '../testing/stream-server.ts';

/** As agents say it. */
const exited = (code: number): Status =>
  new ApiError({
    code: 500,
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }).status;

const streams = new StreamServer();
beforeAll(() => streams.listen());
afterAll(() => streams.close());
beforeEach(() => streams.reset());

describe('exec over WebSocket', () => {
  const path = 'exec?command=cat&command=-&stdin=true&stdout=true&stderr=true';

  it('carries all channels, the exit code and the end of stdin (v5)', async () => {
    streams.node.onSend = (channel, data) => {
      if (channel === Channel.CHANNEL_STDIN)
        streams.node.say(frame(Channel.CHANNEL_STDOUT, `out ${data.toString()}`), frame(Channel.CHANNEL_STDERR, 'err'));
      if (channel === Channel.CHANNEL_CLOSE) streams.node.say(frame(Channel.CHANNEL_STATUS, JSON.stringify(exited(7))));
    };
    const { socket, messages, closed } = await streams.dial(path, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
    expect(socket.protocol).toBe('v5.channel.k8s.io');
    socket.send(Buffer.from('\u0000hello'));
    socket.send(Buffer.from('\u0004{"Width":80,"Height":24}'));
    socket.send(Buffer.of(255, 0));
    expect(await closed).toBe(1000);
    expect(messages.map((bytes) => [bytes[0], bytes.subarray(1).toString()])).toEqual([
      [1, ''],
      [1, 'out hello'],
      [2, 'err'],
      [3, JSON.stringify(exited(7))],
    ]);
    expect(streams.node.sent).toEqual([
      [Channel.CHANNEL_STDIN, 'hello'],
      [Channel.CHANNEL_RESIZE, '80x24'],
      [Channel.CHANNEL_CLOSE, ''],
    ]);
    expect(streams.asked[0]).toEqual({
      namespace: 'default',
      pod: 'p',
      podUid: 'u1',
      what: { $case: 'exec', value: { container: 'main', command: ['cat', '-'], stdin: true, stdout: true, stderr: true, tty: false } },
    });
  });

  it('speaks base64', async () => {
    streams.node.say(frame(Channel.CHANNEL_STDOUT, 'hi'), frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
    const { messages, closed } = await streams.dial(path, ['v4.base64.channel.k8s.io']);
    await closed;
    expect(messages.map(String)).toEqual([
      '1',
      `1${Buffer.from('hi').toString('base64')}`,
      `3${Buffer.from(JSON.stringify(success)).toString('base64')}`,
    ]);
  });

  it('tells the node when the client goes away', async () => {
    const { socket } = await streams.dial(path, ['v4.channel.k8s.io']);
    const ended = new Promise<void>((resolve) => (streams.node.close = () => resolve()));
    socket.terminate();
    await ended;
  });

  it.each([
    {
      why: 'the node refuses',
      prepare: () => (streams.refusal = new ApiError({ code: 500, reason: '', message: 'container not found ("main")' })),
      status: 500,
    },
    { why: 'the pod has no node', prepare: () => (streams.object = pod({ spec: { containers: [{ name: 'main' }] } })), status: 400 },
    { why: 'the user may not create', prepare: () => (streams.mayCreate = false), status: 403 },
  ])('answers $status before the upgrade when $why', async ({ prepare, status }) => {
    prepare();
    await expect(streams.dial(path, ['v5.channel.k8s.io'])).rejects.toThrow(`Unexpected server response: ${status}`);
  });

  it('refuses protocols that it does not speak', async () => {
    await expect(streams.dial(path, ['v9.channel.k8s.io'])).rejects.toThrow('403');
  });
});

it('refuses a plain request for a stream', async () => {
  await expect(streams.handlers['pods/exec']?.(streams.requestOf({ url: '/exec?stdout=1', method: 'POST', headers: {} }))).rejects.toThrow(
    'Upgrade request required',
  );
});

describe('which streams', () => {
  const asked = async (query: string, path = 'exec'): Promise<unknown> => {
    streams.refusal = new ApiError({ code: 500, reason: '', message: 'asked' });
    await expect(streams.dial(`${path}?${query}`, ['v5.channel.k8s.io'])).rejects.toThrow('500');
    return streams.asked[0]?.what;
  };
  const nothing = { container: 'main', stdin: false, stdout: false, stderr: false, tty: false };

  it.each([
    { query: 'stdout=1&command=ls', value: { ...nothing, stdout: true, command: ['ls'] } },
    { query: 'stdin=true&command=', value: { ...nothing, stdin: true, command: [''] } },
    { query: 'stdout=1&stderr=1&tty=1', value: { ...nothing, stdout: true, tty: true, command: [] } },
    { query: 'stderr=1&tty=1', value: { ...nothing, tty: true, command: [] } },
    { query: 'stderr=1&container=main', value: { ...nothing, stderr: true, command: [] } },
  ])('exec $query', async ({ query, value }) => expect(await asked(query)).toEqual({ $case: 'exec', value }));

  it('attach has no command', async () => {
    expect(await asked('stdout=1&command=ls', 'attach')).toEqual({ $case: 'attach', value: { ...nothing, stdout: true } });
  });

  it.each(['', 'tty=1', 'stdout=false'])('none at all is refused: %j', async (query) => {
    await expect(streams.dial(`exec?${query}`, ['v5.channel.k8s.io'])).rejects.toThrow('400');
    expect(streams.asked).toEqual([]);
  });
});

it('a node that is lost in the middle is an error for the client', async () => {
  streams.node.say(frame(Channel.CHANNEL_STDOUT, 'some'));
  streams.node.end();
  const { messages, closed } = await streams.dial('exec?stdout=1', ['v4.channel.k8s.io']);
  await closed;
  expect(messages.at(-1)!.toString()).toContain('the connection to the node was lost');
});
