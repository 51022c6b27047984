import { badRequest, internalError, type Status } from '#api';
import type { Pod } from '#api/types';
import {
  acceptSpdy,
  acceptWebSocket,
  agreedProtocol,
  Channel,
  forbiddenBy,
  listOf,
  type NodeStream,
  refuseUpgrade,
  statusIn,
  type StreamRequest,
  transportOf,
} from '#api-server';
import type { ConnectHandler, ConnectRequest } from '#api-server/contract';
import type { CommandClient, CommandStreams } from './command-client.ts';
import { chosenContainer, nodeOf } from './containers.ts';
import type { StreamParts } from './dependencies.ts';
import { booleanOf } from './query.ts';
import { spdyCommand, spdyCommandProtocols } from './spdy-command.ts';
import { commandProtocols, webSocketCommand } from './websocket-command.ts';

/** pods/exec. */
export function podExec(parts: StreamParts): ConnectHandler {
  return commandHandler(parts, (container, streams, query) => ({
    $case: 'exec',
    value: { container, ...streams, command: query.getAll('command') },
  }));
}

/** pods/attach. */
export function podAttach(parts: StreamParts): ConnectHandler {
  return commandHandler(parts, (container, streams) => ({ $case: 'attach', value: { container, ...streams } }));
}

type What = (container: string, streams: CommandStreams, query: URLSearchParams) => StreamRequest['what'];

/** Asks the node first, so that its refusal is still an HTTP answer; then the connection becomes what the client asked for. */
function commandHandler(parts: StreamParts, what: What): ConnectHandler {
  return async (request) => {
    const pod = request.object as Pod;
    const transport = transportOf(request);
    if (transport === 'websocket') await demandCreate(request, parts);
    const streams = streamsOf(request.query);
    const node = nodeOf(pod);
    const container = chosenContainer(pod, request.query.get('container') ?? '');
    const stream = await parts.nodes.sessions.open(
      node,
      { namespace: request.namespace, pod: request.name, podUid: pod.metadata.uid ?? '', what: what(container, streams, request.query) },
      request.signal,
    );
    try {
      const client = await (transport === 'websocket' ? overWebSocket(request, streams, parts) : overSpdy(request, streams, parts));
      if (client) await connected(client, stream, parts);
    } finally {
      stream.close();
    }
    return undefined;
  };
}

function streamsOf(query: URLSearchParams): CommandStreams {
  const tty = booleanOf(query, 'tty');
  const streams = { stdin: booleanOf(query, 'stdin'), stdout: booleanOf(query, 'stdout'), stderr: booleanOf(query, 'stderr') && !tty, tty };
  if (!streams.stdin && !streams.stdout && !booleanOf(query, 'stderr')) {
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  }
  return streams;
}

/** A WebSocket comes as GET, for which reading would be enough: KEP-4006 asks for `create` too, as SPDY's POST does. */
export async function demandCreate(
  { user, resource, subresource, namespace, name, method }: ConnectRequest,
  parts: StreamParts,
): Promise<void> {
  if (method !== 'GET') return;
  const attributes = { verb: 'create', ...resource, subresource, namespace, name };
  const { allowed, reason } = await parts.authorizer.authorize(user, attributes);
  if (!allowed) throw forbiddenBy(user, attributes, reason);
}

async function overWebSocket(
  request: ConnectRequest,
  streams: CommandStreams,
  { logger }: StreamParts,
): Promise<CommandClient | undefined> {
  const accepted = await acceptWebSocket(request, commandProtocols);
  return accepted && webSocketCommand(accepted, streams, logger);
}

async function overSpdy(
  { upgrade, headers }: ConnectRequest,
  streams: CommandStreams,
  { clock, logger }: StreamParts,
): Promise<CommandClient | undefined> {
  if (!upgrade) return undefined;
  const protocol = agreedProtocol(listOf(headers, 'x-stream-protocol-version'), spdyCommandProtocols);
  if (protocol === undefined) {
    refuseUpgrade(upgrade.socket, 403, '', { 'X-Accepted-Stream-Protocol-Versions': spdyCommandProtocols.join(', ') });
    return undefined;
  }
  acceptSpdy(upgrade.socket, protocol);
  return spdyCommand(upgrade.socket, upgrade.head, { protocol, streams, clock, logger }).catch((err: unknown) => {
    logger.debug({ err }, 'a SPDY client opened no streams'); // the answer has been sent: there is nobody left to tell
    return undefined;
  });
}

/** Carries both directions until the process ends or the client goes away. */
async function connected(client: CommandClient, stream: NodeStream, { logger }: StreamParts): Promise<void> {
  try {
    const input = forward(client, stream);
    const status = await output(client, stream);
    await client.finish(status ?? internalError('the connection to the node was lost').status);
    await input;
  } catch (err) {
    logger.warn({ err }, 'a stream to a container broke'); // the answer has been sent: the client sees its connection end
  }
}

async function forward(client: CommandClient, stream: NodeStream): Promise<void> {
  for await (const event of client.events) {
    let room = true;
    if (event.do === 'input') room = stream.send(Channel.CHANNEL_STDIN, event.data);
    else if (event.do === 'end-input') stream.send(Channel.CHANNEL_CLOSE);
    else stream.send(Channel.CHANNEL_RESIZE, undefined, event);
    if (!room) await stream.drained();
  }
  stream.close(); // the client is gone
}

async function output(client: CommandClient, stream: NodeStream): Promise<Status | undefined> {
  for await (const frame of stream) {
    const status = statusIn(frame);
    if (status) return status;
    if (frame.channel === Channel.CHANNEL_STDOUT) await client.write('stdout', frame.data);
    else if (frame.channel === Channel.CHANNEL_STDERR) await client.write('stderr', frame.data);
  }
  return undefined;
}
