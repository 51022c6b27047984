import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiError, type Status } from '#api';
import type { HttpSink } from '../contract.ts';
import { Channel } from '../nodes/index.ts';
import { frame, pod, StreamServer, success } from '../testing/stream-server.ts';

/** As agents say it. */
const exited = (code: number): Status =>
  new ApiError({
    code: 500,
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }).status;

describe('streams to nodes', () => {
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

  describe('log', () => {
    const log = async (query: string) => {
      const answer = await streams.handlers['pods/log']?.(streams.requestOf({ url: `/log?${query}`, method: 'GET', headers: {} }));
      if (!answer || typeof answer.body !== 'function') return answer?.body.toString();
      const out: string[] = [];
      const sink: HttpSink = {
        write: (chunk) => out.push(chunk.toString()) > 0,
        drained: async () => {},
        pendingBytes: 0,
        signal: new AbortController().signal,
      };
      await answer.body(sink);
      return out.join('');
    };

    it('passes the options on and copies what comes', async () => {
      streams.node.say(
        frame(Channel.CHANNEL_STDOUT, 'one\n'),
        frame(Channel.CHANNEL_STDOUT, 'two\n'),
        frame(Channel.CHANNEL_STATUS, JSON.stringify(success)),
      );
      expect(await log('tailLines=2&timestamps=true&follow')).toBe('one\ntwo\n');
      expect(streams.asked[0]?.what).toEqual({
        $case: 'log',
        value: {
          container: 'main',
          follow: true,
          previous: false,
          timestamps: true,
          tailLines: 2n,
          limitBytes: undefined,
          sinceTime: '',
          stream: '',
        },
      });
    });

    it.each([
      { query: 'stream=Stderr', stream: 'stderr' },
      { query: 'stream=Stdout', stream: 'stdout' },
      { query: 'stream=All&tailLines=1', stream: '' },
    ])('asks the node for one stream (KEP-3288): $query', async ({ query, stream }) => {
      streams.node.say(frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
      await log(query);
      expect(streams.asked[0]?.what).toMatchObject({ value: { stream } });
    });

    it('is empty before the pod has a node', async () => {
      streams.object = pod({ spec: { containers: [{ name: 'main' }] } });
      expect(await log('')).toBe('');
    });

    const two = { spec: { nodeName: 'n1', containers: [{ name: 'a' }, { name: 'b' }], initContainers: [{ name: 'i' }] } };
    const waiting = (reason: string) => ({ status: { containerStatuses: [{ name: 'main', state: { waiting: { reason } } }] } });
    it.each([
      {
        query: '',
        object: two,
        says: 'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [i]',
      },
      { query: 'container=z', object: {}, says: 'container z is not valid for pod p' },
      { query: '', object: waiting('ContainerCreating'), says: 'container "main" in pod "p" is waiting to start: ContainerCreating' },
      {
        query: '',
        object: waiting('ImagePullBackOff'),
        says: 'container "main" in pod "p" is waiting to start: trying and failing to pull image',
      },
      { query: 'previous=true', object: {}, says: 'previous terminated container "main" in pod "p" not found' },
      {
        query: 'tailLines=-1',
        object: {},
        says: 'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
      },
      {
        query: 'stream=stderr',
        object: {},
        says: 'stream: Unsupported value: "stderr": supported values: "All", "Stderr", "Stdout"',
      },
      { query: 'stream=', object: {}, says: 'stream: Unsupported value: ""' },
      {
        query: 'stream=Stdout&tailLines=3',
        object: {},
        says: 'Forbidden: `tailLines` and specific `stream` are mutually exclusive for now',
      },
      { query: 'tailLines=x', object: {}, says: 'strconv.ParseInt: parsing "x": invalid syntax' },
    ])('refuses: $says', async ({ query, object, says }) => {
      streams.object = pod(object);
      await expect(log(query)).rejects.toThrow(says);
    });
  });

  it('refuses a plain request for a stream', async () => {
    await expect(
      streams.handlers['pods/exec']?.(streams.requestOf({ url: '/exec?stdout=1', method: 'POST', headers: {} })),
    ).rejects.toThrow('Upgrade request required');
  });
});
