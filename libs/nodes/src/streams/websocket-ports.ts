import type { Logger } from '#telemetry';
import { type Accepted, listen, send } from '#api-server';
import type { Dial } from './dependencies.ts';
import type { NodeSocket } from './node-socket.ts';

/**
 * Two channels a port, data and error, numbered from 0 in the order of the `ports` parameters; each begins with the port's number in two
 * bytes, little-endian. One connection a port; when the last of them has ended, so does the WebSocket.
 */
export async function serveChannels(
  { client, protocol }: Accepted,
  ports: readonly number[],
  { dial, logger }: { dial: Dial; logger: Logger },
): Promise<void> {
  const base64 = protocol.includes('base64');
  const say = (channel: number, data: Buffer): Promise<void> =>
    send(client, base64 ? `${String.fromCharCode(0x30 + channel)}${data.toString('base64')}` : Buffer.concat([Buffer.of(channel), data]));
  // Not `once` of node:events: it rejects for a frame that is none, and that is the client's affair.
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const sockets: (NodeSocket | undefined)[] = [];
  const carried: Promise<void>[] = [];
  await Promise.all(
    ports.map(async (port, index) => {
      const number = Buffer.alloc(2);
      number.writeUInt16LE(port);
      await say(index * 2, number);
      await say(index * 2 + 1, number);
      try {
        const socket = await dial(port);
        sockets[index] = socket;
        carried.push(
          carry(
            socket,
            (data) => say(index * 2, data),
            (text) => say(index * 2 + 1, Buffer.from(text)),
          ),
        );
      } catch (err) {
        await say(index * 2 + 1, Buffer.from(`error forwarding port ${port} to pod: ${(err as Error).message}`));
      }
    }),
  );
  listen(client, logger, (bytes) => {
    const channel = base64 ? (bytes[0] ?? 0) - 0x30 : (bytes[0] ?? 0);
    const data = base64 ? Buffer.from(bytes.toString('latin1', 1), 'base64') : bytes.subarray(1);
    const socket = channel % 2 === 0 ? sockets[channel / 2] : undefined;
    if (!socket || socket.destroyed || socket.write(data)) return;
    client.pause();
    socket.once('drain', () => client.resume());
    socket.once('close', () => client.resume());
  });
  client.resume();
  void Promise.all(carried).then(() => client.close());
  await closed;
  for (const socket of sockets) socket?.destroy();
}

async function carry(socket: NodeSocket, say: (data: Buffer) => Promise<void>, fail: (text: string) => Promise<void>): Promise<void> {
  try {
    for await (const data of socket) await say(data as Buffer);
  } catch (err) {
    await fail((err as Error).message);
  }
}
