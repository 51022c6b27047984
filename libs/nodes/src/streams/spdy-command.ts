import type { Duplex } from 'node:stream';
import type { Status } from '#api';
import { type Clock, guarded } from '#base';
import type { Logger } from '#telemetry';
import { drain } from '#api-server';
import { type ClientEvent, type CommandClient, type CommandStreams, SizeReader } from './command-client.ts';
import { EventQueue } from './event-queue.ts';
import { SpdyConnection, type SpdyStream } from './spdy/connection.ts';
import { words } from './websocket-command.ts';

/** client-go's remotecommand, newest first. */
export const spdyCommandProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

const openTimeoutMs = 30_000;
const maxWaitingBytes = 256 * 1024;

/** Resolves when the client has opened a stream for each of what it asked for. Rejects when it does not within 30 s, or goes away. */
export async function spdyCommand(
  socket: Duplex,
  head: Buffer,
  { protocol, streams, clock, logger }: { protocol: string; streams: CommandStreams; clock: Clock; logger: Logger },
): Promise<CommandClient> {
  const opened = new Map<string, SpdyStream>();
  const needed = neededStreams(streams, protocol);
  const { promise: complete, resolve, reject } = Promise.withResolvers<void>();
  const accept = (stream: SpdyStream): void => {
    const type = stream.headers.get('streamtype') ?? '';
    if (!needed.includes(type) || opened.has(type)) {
      stream.destroy();
      return;
    }
    opened.set(type, stream);
    if (opened.size === needed.length) resolve();
  };
  const connection = new SpdyConnection(socket, accept, logger);
  const events = new EventQueue<ClientEvent>({
    maxBytes: maxWaitingBytes,
    sizeOf: sizeOfEvent,
    pause: () => opened.get('stdin')?.pause(),
    resume: () => opened.get('stdin')?.resume(),
  });
  void connection.run(head).then(() => {
    events.end();
    reject(new Error('the client went away before it had opened its streams'));
  });
  const cancelTimeout = clock.after(openTimeoutMs, () => {
    connection.close();
    reject(new Error('timed out waiting for client to create streams'));
  });
  await complete.finally(cancelTimeout);
  listen(opened, events, (err) => {
    logger.warn({ err }, 'a SPDY frame ended its stream');
    connection.close();
  });
  return clientOf(connection, { opened, events, protocol });
}

const sizeOfEvent = (event: ClientEvent): number => (event.do === 'input' ? event.data.length : 0);

function neededStreams({ stdin, stdout, stderr, tty }: CommandStreams, protocol: string): string[] {
  const resizes = tty && (protocol.startsWith('v3') || protocol.startsWith('v4'));
  return [
    'error',
    ...(stdin ? ['stdin'] : []),
    ...(stdout ? ['stdout'] : []),
    ...(stderr && !tty ? ['stderr'] : []),
    ...(resizes ? ['resize'] : []),
  ];
}

function listen(opened: ReadonlyMap<string, SpdyStream>, events: EventQueue<ClientEvent>, failed: (err: unknown) => void): void {
  const on = (type: string, handle: (data: Buffer) => void): unknown => opened.get(type)?.on('data', guarded(handle, failed));
  on('stdin', (data) => events.push({ do: 'input', data }));
  opened.get('stdin')?.on('end', () => events.push({ do: 'end-input' }));
  const sizes = new SizeReader();
  on('resize', (data) => {
    for (const size of sizes.push(data)) events.push({ do: 'resize', ...size });
  });
  for (const type of ['error', 'stdout', 'stderr']) opened.get(type)?.resume();
}

function clientOf(
  connection: SpdyConnection,
  { opened, events, protocol }: { opened: ReadonlyMap<string, SpdyStream>; events: EventQueue<ClientEvent>; protocol: string },
): CommandClient {
  return {
    events,
    async write(type, data) {
      const stream = opened.get(type);
      if (!stream || stream.destroyed || stream.write(data)) return;
      await drain(stream);
    },
    async finish(status) {
      await Promise.all(['stdout', 'stderr'].map((type) => ended(opened.get(type))));
      await ended(opened.get('error'), lastWords(status, protocol));
      connection.close();
    },
  };
}

function lastWords(status: Status, protocol: string): string | undefined {
  if (protocol.startsWith('v4')) return JSON.stringify(status);
  return status.status === 'Success' ? undefined : words(status);
}

function ended(stream: SpdyStream | undefined, text?: string): Promise<void> {
  if (!stream || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('close', resolve);
    if (text === undefined) stream.end(resolve);
    else stream.end(text, resolve);
  });
}
