import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocket } from 'ws';
import { ApiError, type KubeObject, type Status } from '#api';
import { type Clock, systemClock, systemRandom } from '#base';
import { silentLogger } from '#telemetry';
import type { ConnectHandlers, ConnectRequest } from '#api-server/contract';
import { statusOf } from '#api-server/testing';
import { type Frame, type NodeStream, refuseUpgrade, type StreamRequest } from '#api-server';
import { connectHandlers } from '../streams/index.ts';

export const frame = (channel: number, data: string | Buffer): Frame => ({ channel, data: Buffer.from(data), columns: 0, rows: 0 });
export const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 200 };

/** A node in this process: what is sent to it, and a script of what it says. */
export class FakeNode implements NodeStream {
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

export const pod = (extra: object = {}): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u1' },
    spec: { nodeName: 'n1', containers: [{ name: 'main' }] },
    status: { containerStatuses: [{ name: 'main', state: { running: {} } }] },
    ...extra,
  }) as KubeObject;

/** The pod's streams, `http://<base>/<subresource>`, over plain HTTP; what happens on the way is set by its fields. */
export class StreamServer {
  node = new FakeNode();
  asked: StreamRequest[] = [];
  refusal: ApiError | undefined;
  object = pod();
  mayCreate = true;
  base = '';
  /** What handlers threw that was no answer to a client. */
  readonly failures: unknown[] = [];
  readonly handlers: ConnectHandlers;
  private readonly server = createServer();
  private readonly sockets = new Set<Socket>();

  constructor(clock: Clock = systemClock) {
    const open = async (_node: string, request: StreamRequest): Promise<NodeStream> => {
      this.asked.push(request);
      if (this.refusal) throw this.refusal;
      return this.node;
    };
    this.handlers = connectHandlers({
      nodes: { sessions: { open } } as never,
      view: { get: () => undefined, list: () => [], onChange: () => () => {} },
      clock,
      random: systemRandom,
      authorizer: { authorize: async () => ({ allowed: this.mayCreate, reason: '' }) },
      logger: silentLogger,
    });
  }

  reset(): void {
    Object.assign(this, { node: new FakeNode(), asked: [], refusal: undefined, object: pod(), mayCreate: true });
  }

  requestOf(request: Pick<IncomingMessage, 'url' | 'method' | 'headers'>): ConnectRequest {
    const url = new URL(request.url ?? '', 'http://x');
    return {
      user: { username: 'me', groups: [] },
      resource: { group: '', version: 'v1', resource: 'pods' },
      subresource: url.pathname.slice(1),
      namespace: 'default',
      name: 'p',
      path: url.pathname,
      rest: '',
      rawQuery: url.search.slice(1),
      method: request.method ?? 'GET',
      query: url.searchParams,
      headers: request.headers,
      object: this.object,
      signal: new AbortController().signal,
    };
  }

  async listen(): Promise<void> {
    this.server.on('connection', (socket) => this.sockets.add(socket));
    this.server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined);
      const handler = this.handlers[`pods/${new URL(request.url ?? '', 'http://x').pathname.slice(1)}`];
      handler?.({ ...this.requestOf(request), upgrade: { request, socket, head } }).catch((err: unknown) => {
        const status = statusOf(err);
        if (!(err instanceof ApiError)) this.failures.push(err);
        refuseUpgrade(socket, status.code ?? 500, JSON.stringify(status));
      });
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.base = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy(); // upgraded ones are no longer the server's
    this.server.close();
  }

  async dial(path: string, protocols: string[]): Promise<{ socket: WebSocket; messages: Buffer[]; closed: Promise<number> }> {
    const socket = new WebSocket(`ws://${this.base}/${path}`, protocols);
    const messages: Buffer[] = [];
    socket.on('message', (data) => messages.push(data as Buffer));
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    await new Promise<void>((resolve, reject) => socket.on('open', resolve).on('error', reject));
    return { socket, messages, closed };
  }
}
