import type { Status } from '#api';
import type { Logger } from '#telemetry';
import { type Accepted, listen, send } from '#api-server';
import { type ClientEvent, type CommandClient, type CommandStreams, SizeReader } from './command-client.ts';
import { EventQueue } from './event-queue.ts';

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
const maxWaitingBytes = 256 * 1024;
const normalClosure = 1000;

/** KEP-4006 and its predecessors. Without a subprotocol, the oldest binary one is spoken. */
export const commandProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
];

/** Streams of a process as messages of one WebSocket: a channel's number, then its bytes (in base64 variants: a digit, then base64). */
export function webSocketCommand({ client, protocol }: Accepted, streams: CommandStreams, logger: Logger): CommandClient {
  const base64 = protocol.includes('base64');
  const tellsStatus = protocol.startsWith('v4') || protocol.startsWith('v5');
  const encode = (to: number, data: Buffer): Buffer | string =>
    base64 ? `${to}${data.toString('base64')}` : Buffer.concat([Buffer.of(to), data]);

  const events = new EventQueue<ClientEvent>({
    maxBytes: maxWaitingBytes,
    sizeOf: (event) => (event.do === 'input' ? event.data.length : 0),
    pause: () => client.pause(),
    resume: () => client.resume(),
  });
  const sizes = new SizeReader();
  listen(client, logger, (message) => {
    for (const event of eventsOf(message, base64, sizes)) events.push(event);
  });
  client.on('close', () => events.end());
  client.resume();
  // The first message tells the client that the process is there, before it says anything itself: upstream's wsstream does so.
  void send(client, encode(streams.stdout ? channel.stdout : streams.stderr ? channel.stderr : channel.error, Buffer.alloc(0)));

  return {
    events,
    write: (stream, data) => send(client, encode(channel[stream], data)),
    async finish(status) {
      if (tellsStatus) await send(client, encode(channel.error, Buffer.from(JSON.stringify(status))));
      else if (status.status !== 'Success') await send(client, encode(channel.error, Buffer.from(words(status))));
      client.close(normalClosure);
    },
  };
}

function eventsOf(bytes: Buffer, base64: boolean, sizes: SizeReader): ClientEvent[] {
  const [first] = bytes;
  if (first === undefined) return [];
  const to = base64 ? first - 0x30 : first;
  const data = base64 ? Buffer.from(bytes.toString('latin1', 1), 'base64') : bytes.subarray(1);
  if (to === channel.stdin) return [{ do: 'input', data }];
  if (to === channel.resize) return sizes.push(data).map((size) => ({ do: 'resize', ...size }));
  // v5: the client has no more to send on this channel.
  return to === channel.close && data[0] === channel.stdin ? [{ do: 'end-input' }] : [];
}

/** What protocols before v4 say of a failure. */
export function words(status: Status): string {
  return `error executing command in container: ${status.message ?? 'unknown'}`;
}
