import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream } from 'ws';
import { ApiError, badRequest } from '#api';
import type { Pod } from '#api/types';
import type { ConnectHandler, ConnectRequest } from '#api-server/contract';
import { acceptSpdy, acceptWebSocket, agreedProtocol, listOf, refuseUpgrade, transportOf } from '#api-server';
import { demandCreate } from './command.ts';
import { nodeOf } from './containers.ts';
import type { Dial, StreamParts } from './dependencies.ts';
import { NodeSocket } from './node-socket.ts';
import { SpdyConnection, type SpdyStream } from './spdy/connection.ts';
import { serveChannels } from './websocket-ports.ts';

const spdyProtocol = 'portforward.k8s.io';
const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io';
const channelProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];
const pairTimeoutMs = 30_000;
const maxPorts = 128;

/** pods/portforward: over SPDY, over SPDY in a WebSocket (kubectl since 1.31, KEP-4006), or over plain WebSocket channels. */
export function podPortForward(parts: StreamParts): ConnectHandler {
  return async (request) => {
    const transport = transportOf(request);
    if (transport === 'websocket') await demandCreate(request, parts);
    const dial = dialerOf(request, parts);
    if (transport === 'spdy') await overSpdy(request, dial, parts);
    else await overWebSocket(request, dial, parts);
    return undefined;
  };
}

function dialerOf(request: ConnectRequest, { nodes }: StreamParts): Dial {
  const pod = request.object as Pod;
  const node = nodeOf(pod);
  return async (port) => {
    const target = { namespace: request.namespace, pod: request.name, podUid: pod.metadata.uid ?? '' };
    return new NodeSocket(await nodes.sessions.open(node, { ...target, what: { $case: 'port', value: { port } } }, request.signal));
  };
}

async function overSpdy({ upgrade, headers }: ConnectRequest, dial: Dial, parts: StreamParts): Promise<void> {
  if (!upgrade) return;
  const protocol = agreedProtocol(listOf(headers, 'x-stream-protocol-version'), [spdyProtocol]);
  if (protocol === undefined) {
    refuseUpgrade(upgrade.socket, 403, '', { 'X-Accepted-Stream-Protocol-Versions': spdyProtocol });
    return;
  }
  acceptSpdy(upgrade.socket, protocol);
  await serveSpdy(upgrade.socket, upgrade.head, dial, parts);
}

async function overWebSocket(request: ConnectRequest, dial: Dial, parts: StreamParts): Promise<void> {
  const ports = portsOf(request.query);
  const accepted = await acceptWebSocket(request, [tunnelProtocol, ...channelProtocols]);
  if (!accepted) return;
  if (accepted.protocol === tunnelProtocol) await serveSpdy(createWebSocketStream(accepted.client), Buffer.alloc(0), dial, parts);
  else await serveChannels(accepted, ports, { dial, logger: parts.logger });
}

function portsOf(query: URLSearchParams): number[] {
  const ports = query
    .getAll('ports')
    .flatMap((list) => list.split(','))
    .map((text) => {
      const port = Number(text);
      if (!Number.isInteger(port) || port < 1 || port > 65535) throw badRequest(`query parameter ports is not valid: ${text}`);
      return port;
    });
  // Channels are numbered by one byte, two a port.
  if (ports.length > maxPorts) throw badRequest(`query parameter ports names ${ports.length} ports, at most ${maxPorts} are served`);
  return ports;
}

/** Each forwarded connection is a pair of streams, `error` and `data`, of the same `requestid`. */
async function serveSpdy(socket: Duplex, head: Buffer, dial: Dial, { clock, logger }: StreamParts): Promise<void> {
  const pairs = new Map<string, { error?: SpdyStream; data?: SpdyStream; cancelTimeout: () => void }>();
  const accept = (stream: SpdyStream): void => {
    const type = stream.headers.get('streamtype');
    if (type !== 'error' && type !== 'data') return void stream.destroy();
    const id = requestIdOf(stream, type);
    const cancel = (): void => {
      pairs.get(id)?.error?.destroy();
      pairs.get(id)?.data?.destroy();
      pairs.delete(id);
    };
    const pair = pairs.get(id) ?? { cancelTimeout: clock.after(pairTimeoutMs, cancel) };
    if (pair[type]) return void stream.destroy();
    pair[type] = stream;
    pairs.set(id, pair);
    if (!pair.error || !pair.data) return;
    pair.cancelTimeout();
    pairs.delete(id);
    const { error, data } = pair;
    forward(error, data, dial).catch((err: unknown) => logger.debug({ err }, 'a forwarded connection failed'));
  };
  const connection = new SpdyConnection(socket, accept, logger);
  try {
    await connection.run(head);
  } finally {
    for (const { cancelTimeout } of pairs.values()) cancelTimeout();
  }
}

/** Old clients give no id: their data stream is the one after the error stream. */
function requestIdOf(stream: SpdyStream, type: 'error' | 'data'): string {
  return stream.headers.get('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2);
}

async function forward(error: SpdyStream, data: SpdyStream, dial: Dial): Promise<void> {
  error.resume();
  const port = Number(data.headers.get('port'));
  const failed = (err: unknown): void => {
    // Only what the node says is told: a client that resets its stream has what it wanted.
    if (err instanceof ApiError && !error.destroyed) error.end(`error forwarding port ${port} to pod: ${err.message}`);
  };
  try {
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw badRequest(`unable to parse ${JSON.stringify(data.headers.get('port'))} as a port`);
    const connection = await dial(port);
    const sending = pipeline(data, connection).catch(failed);
    await pipeline(connection, data).catch(failed);
    // The pod has ended it. As with kubelet, nobody takes what the client still sends: clients before 1.25 wait for the error stream's end.
    connection.destroy();
    await sending;
    error.end();
  } catch (err) {
    failed(err);
    data.end();
    throw err;
  }
}
