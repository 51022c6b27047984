import { type ChannelOptions, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { ApiError, internalError, type Status } from '#api';
import type { Pod } from '#api/types';
import { Backoff, type Clock, guarded } from '#base';
import { nodeSession } from '#proto';
import type { Logger } from '#telemetry';
import type { UsageOfNode } from '../stats/usage-plan.ts';
import { FrameStream } from './frame-stream.ts';
import { usageMessage } from './usage-message.ts';

export interface NodeSessionOptions {
  /** `host:port` of every api-server. */
  servers: readonly string[];
  tls: { ca: string; cert: string; key: string };
  nodeName: string;
  version: string;
  clock: Clock;
  logger: Logger;
  /** Throws ApiError to refuse; else carries the stream out until its end. */
  open: (request: nodeSession.OpenStream) => Promise<(stream: FrameStream) => Promise<void>>;
}

/** A control plane that is gone without a word is noticed within 15 s, and one that comes back found within one. */
const channelOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

type Control = ClientDuplexStream<nodeSession.NodeMessage, nodeSession.ControlMessage>;

/** A session with every api-server, kept open: how the control plane reaches this node, its pods and containers. */
export class NodeSessions {
  private readonly clients: nodeSession.NodeSessionClient[];
  private readonly controls = new Set<Control>();
  private applied = '';
  private latestUsage: nodeSession.NodeMessage | undefined;
  private readonly ending = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: NodeSessionOptions) {
    const { ca, cert, key } = options.tls;
    const secret = credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert));
    this.clients = options.servers.map((server) => new nodeSession.NodeSessionClient(server, secret, channelOptions));
  }

  /** Does not wait for any of them: a node works without its control plane. */
  start(): void {
    this.running = Promise.all(this.clients.map((client) => this.keepOpen(client)));
  }

  async stop(): Promise<void> {
    this.ending.abort();
    for (const control of this.controls) control.cancel();
    await this.running;
    for (const client of this.clients) client.close();
  }

  /** Every EndpointSlice change up to this resource version is in the node's tables. */
  endpointsApplied(resourceVersion: string): void {
    this.applied = resourceVersion;
    for (const control of this.controls) control.write({ message: { $case: 'endpointsApplied', value: { resourceVersion } } });
  }

  /** What was used since the last time. Who connects later is told the latest. */
  used(usage: UsageOfNode): void {
    this.latestUsage = { message: { $case: 'usage', value: usageMessage(usage) } };
    for (const control of this.controls) control.write(this.latestUsage);
  }

  /** Resolves when every node has taken the pod out of its tables, and when it cannot be known in time. */
  async awaitUnrouted({ metadata: { namespace = '', name = '', uid = '' } }: Pod, withinMs: number): Promise<void> {
    const client = this.clients.find((c) => c.getChannel().getConnectivityState(false) === 2) ?? this.clients[0];
    if (!client || withinMs <= 0) return;
    const deadline = this.options.clock.now().getTime() + withinMs;
    await new Promise<void>((resolve) => {
      client.awaitUnrouted({ namespace, pod: name, podUid: uid }, new Metadata(), { deadline }, (err, reply) => {
        if (err || !reply.unrouted) this.options.logger.debug({ err, namespace, name }, 'a pod may still be routed to');
        resolve();
      });
    });
  }

  private async keepOpen(client: nodeSession.NodeSessionClient): Promise<void> {
    const backoff = new Backoff<'session'>(100, 2_000);
    while (!this.ending.signal.aborted) {
      const began = this.options.clock.monotonicMs();
      await this.serve(client);
      // It has worked: the next failure is a new one.
      if (this.options.clock.monotonicMs() - began > 10_000) backoff.reset('session');
      await this.options.clock.sleep(backoff.nextMs('session'), this.ending.signal).catch(() => undefined);
    }
  }

  /** Resolves when the session has ended, for whatever reason. */
  private serve(client: nodeSession.NodeSessionClient): Promise<void> {
    const control = client.session();
    this.controls.add(control);
    control.write({ message: { $case: 'hello', value: { node: this.options.nodeName, version: this.options.version } } });
    if (this.applied) control.write({ message: { $case: 'endpointsApplied', value: { resourceVersion: this.applied } } });
    if (this.latestUsage) control.write(this.latestUsage);
    const failed = (err: unknown): void => this.options.logger.warn({ err }, 'a message of the control plane was not understood');
    const receive = ({ message }: nodeSession.ControlMessage): void => {
      if (message?.$case === 'openStream') this.openStream(client, control, message.value).catch(failed);
    };
    control.on('data', guarded(receive, failed));
    return new Promise((resolve) => {
      const end = (err?: Error): void => {
        if (err && !this.ending.signal.aborted) this.options.logger.debug({ err }, 'a node session ended');
        this.controls.delete(control);
        resolve();
      };
      control.on('error', end);
      control.on('end', () => {
        control.end();
        end();
      });
    });
  }

  private async openStream(client: nodeSession.NodeSessionClient, control: Control, request: nodeSession.OpenStream): Promise<void> {
    let run: (stream: FrameStream) => Promise<void>;
    try {
      run = await this.options.open(request);
    } catch (err) {
      const status = Buffer.from(JSON.stringify(statusOf(err)));
      control.write({ message: { $case: 'streamRefused', value: { streamId: request.streamId, status } } });
      return;
    }
    const metadata = new Metadata();
    metadata.set('stream-id', request.streamId);
    const stream = new FrameStream(client.connect(metadata));
    try {
      await run(stream);
      stream.end();
    } catch (err) {
      if (!stream.signal.aborted) this.options.logger.debug({ err, what: request.what?.$case }, 'a stream ended early');
      stream.end(statusOf(err));
    }
  }
}

/** What a client is told of a failure: an ApiError's own Status, else an internal error. */
export function statusOf(err: unknown): Status {
  return err instanceof ApiError ? err.status : internalError((err as Error).message, err).status;
}
