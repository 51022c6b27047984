import type { ServerDuplexStream } from '@grpc/grpc-js';
import { ApiError, badRequest } from '#api';
import type { Clock, Random } from '#base';
import type { nodeSession } from '#proto';
import type { Logger } from '#telemetry';
import { type NodeCall, type NodeStream, nodeStreamOf } from './node-stream.ts';
import { statusFrom } from './status-from.ts';

type SessionCall = ServerDuplexStream<nodeSession.NodeMessage, nodeSession.ControlMessage>;
export type StreamRequest = Omit<nodeSession.OpenStream, 'streamId'>;

interface Session {
  node: string;
  version: string;
  call: SessionCall;
  /** Every change of an EndpointSlice up to this revision is in the node's tables. */
  appliedRevision: number;
  usage?: nodeSession.UsageReport;
}

interface Awaited {
  node: string;
  resolve(stream: NodeStream): void;
  reject(error: Error): void;
}

const openTimeoutMs = 10_000;

/** In the words of the real server when it cannot reach a kubelet; such errors have no reason there either. */
export const dialError = (message: string): ApiError =>
  new ApiError({ code: 500, reason: '', message: `error dialing backend: ${message}` });

/** The agents that are connected to this api-server, and the streams that they opened on its behalf. */
export class NodeSessions {
  private readonly sessions = new Map<string, Session>();
  private readonly awaited = new Map<string, Awaited>();
  private readonly listeners = new Set<() => void>();

  constructor(private readonly parts: { clock: Clock; random: Random; logger: Logger }) {}

  /** Nodes with a session, and the endpoint revision that each has applied. */
  applied(): ReadonlyMap<string, { appliedRevision: number }> {
    return this.sessions;
  }

  /** What a connected node has used lately; undefined until it has told. */
  usageOf(node: string): nodeSession.UsageReport | undefined {
    return this.sessions.get(node)?.usage;
  }

  /** Called when a session begins or ends or a node reports what it has applied. Returns its own removal. */
  onProgress(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks the node for a stream. Throws ApiError: the agent's own refusal, or 500 when the node is not connected or does not answer. */
  async open(node: string, request: StreamRequest, signal: AbortSignal): Promise<NodeStream> {
    const session = this.sessions.get(node);
    if (!session) throw dialError(`node "${node}" is not connected`);
    const streamId = this.parts.random.uuid();
    const opened = new Promise<NodeStream>((resolve, reject) => {
      this.awaited.set(streamId, { node, resolve, reject });
    });
    const give = (error: Error): void => this.awaited.get(streamId)?.reject(error);
    const cancelTimeout = this.parts.clock.after(openTimeoutMs, () =>
      give(dialError(`node "${node}" did not answer within ${openTimeoutMs / 1000}s`)),
    );
    const gone = (): void => give(dialError('the client went away'));
    signal.addEventListener('abort', gone, { once: true });
    session.call.write({ message: { $case: 'openStream', value: { ...request, streamId } } });
    try {
      return await opened;
    } finally {
      cancelTimeout();
      signal.removeEventListener('abort', gone);
      this.awaited.delete(streamId);
    }
  }

  /** Serves one control stream until it ends. A newer session of the same node takes the place of an older one. */
  async serve(node: string, call: SessionCall): Promise<void> {
    let session: Session | undefined;
    try {
      // Not destroyed on the way out: a refusal still has to be sent.
      const messages: AsyncIterable<nodeSession.NodeMessage> = call.iterator({ destroyOnReturn: false });
      for await (const { message } of messages) {
        if (message?.$case === 'hello') {
          if (session) throw badRequest('a session says hello once');
          session = this.begin(node, message.value, call);
        } else if (!session) throw badRequest('a session begins with hello');
        else if (message) this.receive(session, message);
      }
    } catch (err) {
      if (err instanceof ApiError || !(call.cancelled || call.destroyed)) throw err;
    } finally {
      if (session) this.end(session);
    }
  }

  /** Hands the agent's stream to whoever asked for it; resolves when the stream is over. */
  async connect(node: string, call: NodeCall): Promise<void> {
    const [streamId] = call.metadata.get('stream-id');
    const awaited = this.awaited.get(String(streamId));
    if (!awaited || awaited.node !== node) throw badRequest('nobody awaits a stream of this id');
    this.awaited.delete(String(streamId));
    const over = new Promise<void>((resolve) => {
      call.once('finish', resolve);
      call.once('close', resolve);
      call.once('cancelled', resolve);
    });
    awaited.resolve(nodeStreamOf(call));
    await over;
  }

  private begin(node: string, hello: nodeSession.Hello, call: SessionCall): Session {
    if (hello.node !== node) {
      throw new ApiError({ code: 403, reason: 'Forbidden', message: `a session of node "${hello.node}" was asked for by node "${node}"` });
    }
    const session: Session = { node, version: hello.version, call, appliedRevision: 0 };
    this.sessions.get(node)?.call.end();
    this.sessions.set(node, session);
    this.parts.logger.info({ node, version: hello.version }, 'node connected');
    this.progressed();
    return session;
  }

  private receive(session: Session, message: NonNullable<nodeSession.NodeMessage['message']>): void {
    if (message.$case === 'endpointsApplied') {
      session.appliedRevision = Math.max(session.appliedRevision, revisionOf(message.value.resourceVersion));
      this.progressed();
    } else if (message.$case === 'usage') {
      session.usage = message.value;
    } else if (message.$case === 'streamRefused') {
      const awaited = this.awaited.get(message.value.streamId);
      if (awaited?.node === session.node) awaited.reject(ApiError.fromStatus(statusFrom(message.value.status)));
    }
  }

  private end(session: Session): void {
    if (this.sessions.get(session.node) !== session) return;
    this.sessions.delete(session.node);
    for (const awaited of this.awaited.values()) {
      if (awaited.node === session.node) awaited.reject(dialError(`node "${session.node}" disconnected`));
    }
    this.parts.logger.info({ node: session.node }, 'node disconnected');
    this.progressed();
  }

  private progressed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Throws ApiError 400: what is no number would compare as if everything had been applied. */
function revisionOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`the resource version ${JSON.stringify(text)} is no number`);
  return Number(text);
}
