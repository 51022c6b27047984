import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { ApiError, type KubeObject, type Status } from '#api';
import { systemClock } from '#base';
import { silentLogger } from '#telemetry';
import type { ConnectRequest, HttpSink } from '../contract.ts';
import { Channel, type Frame, type NodeStream, type StreamRequest } from '../nodes/index.ts';
import { connectHandlers } from './index.ts';
import { refuseUpgrade } from './raw-answer.ts';

const frame = (channel: number, data: string | Buffer): Frame => ({ channel, data: Buffer.from(data), columns: 0, rows: 0 });
const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 200 };
const exited = (code: number): Status => ({
  ...success,
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: `command terminated with non-zero exit code: exit status ${code}`,
  details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
});

/** A node in this process: what is sent to it, and a script of what it says. */
class FakeNode implements NodeStream {
  readonly sent: [number, string][] = [];
  private readonly said: Frame[] = [];
  private wake: () => void = () => {};
  private done = false;
  onSend: (channel: number, data: Buffer) => void = () => {};

  say(...frames: Frame[]): void {
    this.said.push(...frames);
    this.wake();
  }
  end(): void {
    this.done = true;
    this.wake();
  }
  send(channel: number, data: Uint8Array = Buffer.alloc(0), size?: { columns: number; rows: number }): boolean {
    this.sent.push([channel, size ? `${size.columns}x${size.rows}` : Buffer.from(data).toString()]);
    this.onSend(channel, Buffer.from(data));
    return true;
  }
  async drained(): Promise<void> {}
  close(): void {
    this.end();
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame> {
    for (;;) {
      const next = this.said.shift();
      if (next) yield next;
      else if (this.done) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

const pod = (extra: object = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u1' },
    spec: { nodeName: 'n1', containers: [{ name: 'main' }] },
    status: { containerStatuses: [{ name: 'main', state: { running: {} } }] },
    ...extra,
  }) as KubeObject;

describe('streams to nodes', () => {
  let node: FakeNode;
  let asked: StreamRequest[];
  let refusal: ApiError | undefined;
  let present: KubeObject;
  let mayCreate: boolean;
  const sessions = {
    open: async (_node: string, request: StreamRequest): Promise<NodeStream> => {
      asked.push(request);
      if (refusal) throw refusal;
      return node;
    },
  };
  const handlers = connectHandlers({
    nodes: { sessions } as never,
    view: { get: () => undefined, list: () => [], onChange: () => () => {} },
    clock: systemClock,
    authorizer: { authorize: async () => ({ allowed: mayCreate, reason: '' }) },
    logger: silentLogger,
  });
  const requestOf = (request: Pick<IncomingMessage, 'url' | 'method' | 'headers'>): ConnectRequest => {
    const url = new URL(request.url ?? '', 'http://x');
    return {
      user: { username: 'me', groups: [] },
      resource: { group: '', version: 'v1', resource: 'pods' },
      subresource: url.pathname.slice(1),
      namespace: 'default',
      name: 'p',
      rest: '',
      method: request.method ?? 'GET',
      query: url.searchParams,
      headers: request.headers,
      object: present,
      signal: new AbortController().signal,
    };
  };

  let server: Server;
  let base: string;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    server = createServer();
    server.on('connection', (socket) => sockets.add(socket));
    server.on('upgrade', (request, socket, head) => {
      const handler = handlers[`pods/${new URL(request.url ?? '', 'http://x').pathname.slice(1)}`];
      handler?.({ ...requestOf(request), upgrade: { request, socket, head } }).catch((err: ApiError) =>
        refuseUpgrade(socket, err.code, JSON.stringify(err.status)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy(); // upgraded ones are no longer the server's
    server.close();
  });
  beforeEach(() => {
    node = new FakeNode();
    asked = [];
    refusal = undefined;
    present = pod();
    mayCreate = true;
  });

  const dial = async (path: string, protocols: string[]): Promise<{ socket: WebSocket; messages: Buffer[]; closed: Promise<number> }> => {
    const socket = new WebSocket(`ws://${base}/${path}`, protocols);
    const messages: Buffer[] = [];
    socket.on('message', (data) => messages.push(data as Buffer));
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    await new Promise<void>((resolve, reject) => socket.on('open', resolve).on('error', reject));
    return { socket, messages, closed };
  };

  describe('exec over WebSocket', () => {
    const path = 'exec?command=cat&command=-&stdin=true&stdout=true&stderr=true';

    it('carries all channels, the exit code and the end of stdin (v5)', async () => {
      node.onSend = (channel, data) => {
        if (channel === Channel.CHANNEL_STDIN)
          node.say(frame(Channel.CHANNEL_STDOUT, `out ${data.toString()}`), frame(Channel.CHANNEL_STDERR, 'err'));
        if (channel === Channel.CHANNEL_CLOSE) node.say(frame(Channel.CHANNEL_STATUS, JSON.stringify(exited(7))));
      };
      const { socket, messages, closed } = await dial(path, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
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
      expect(node.sent).toEqual([
        [Channel.CHANNEL_STDIN, 'hello'],
        [Channel.CHANNEL_RESIZE, '80x24'],
        [Channel.CHANNEL_CLOSE, ''],
      ]);
      expect(asked[0]).toEqual({
        namespace: 'default',
        pod: 'p',
        podUid: 'u1',
        what: { $case: 'exec', value: { container: 'main', command: ['cat', '-'], stdin: true, stdout: true, stderr: true, tty: false } },
      });
    });

    it('speaks base64', async () => {
      node.say(frame(Channel.CHANNEL_STDOUT, 'hi'), frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
      const { messages, closed } = await dial(path, ['v4.base64.channel.k8s.io']);
      await closed;
      expect(messages.map(String)).toEqual([
        '1',
        `1${Buffer.from('hi').toString('base64')}`,
        `3${Buffer.from(JSON.stringify(success)).toString('base64')}`,
      ]);
    });

    it('tells the node when the client goes away', async () => {
      const { socket } = await dial(path, ['v4.channel.k8s.io']);
      const ended = new Promise<void>((resolve) => (node.close = () => resolve()));
      socket.terminate();
      await ended;
    });

    it.each([
      {
        why: 'the node refuses',
        prepare: () => (refusal = new ApiError({ code: 500, reason: '', message: 'container not found ("main")' })),
        status: 500,
      },
      { why: 'the pod has no node', prepare: () => (present = pod({ spec: { containers: [{ name: 'main' }] } })), status: 400 },
      { why: 'the user may not create', prepare: () => (mayCreate = false), status: 403 },
    ])('answers $status before the upgrade when $why', async ({ prepare, status }) => {
      prepare();
      await expect(dial(path, ['v5.channel.k8s.io'])).rejects.toThrow(`Unexpected server response: ${status}`);
    });

    it('refuses protocols that it does not speak', async () => {
      await expect(dial(path, ['v9.channel.k8s.io'])).rejects.toThrow('403');
    });
  });

  it('accepts the SPDY tunnel of kubectl, whose name is no token', async () => {
    // The client library refuses to offer it, so the handshake is written by hand.
    const answer = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(`http://${base}/portforward`, {
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
      node.onSend = (channel, data) => {
        if (channel === Channel.CHANNEL_STDIN) node.say(frame(Channel.CHANNEL_STDOUT, data.toString().toUpperCase()));
      };
      const { socket, messages } = await dial('portforward?ports=80', ['v4.channel.k8s.io']);
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
      const { socket } = await dial('portforward?ports=80', ['v4.channel.k8s.io']);
      const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
      node.say(frame(Channel.CHANNEL_STDOUT, 'bye'), frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
      await closed;
    });
  });

  describe('log', () => {
    const log = async (query: string) => {
      const answer = await handlers['pods/log']?.(requestOf({ url: `/log?${query}`, method: 'GET', headers: {} }));
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
      node.say(
        frame(Channel.CHANNEL_STDOUT, 'one\n'),
        frame(Channel.CHANNEL_STDOUT, 'two\n'),
        frame(Channel.CHANNEL_STATUS, JSON.stringify(success)),
      );
      expect(await log('tailLines=2&timestamps=true&follow')).toBe('one\ntwo\n');
      expect(asked[0]?.what).toEqual({
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
      node.say(frame(Channel.CHANNEL_STATUS, JSON.stringify(success)));
      await log(query);
      expect(asked[0]?.what).toMatchObject({ value: { stream } });
    });

    it('is empty before the pod has a node', async () => {
      present = pod({ spec: { containers: [{ name: 'main' }] } });
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
      present = pod(object);
      await expect(log(query)).rejects.toThrow(says);
    });
  });

  it('refuses a plain request for a stream', async () => {
    await expect(handlers['pods/exec']?.(requestOf({ url: '/exec?stdout=1', method: 'POST', headers: {} }))).rejects.toThrow(
      'Upgrade request required',
    );
  });
});
