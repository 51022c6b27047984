// A process inside a network namespace, for specs: it serves its name on TCP and UDP, and does what stdin tells it, one JSON line each.
// Run by itself (`node actor.ts NAME PORT`), so it imports nothing of ours.
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const [name = '', port = '0'] = process.argv.slice(2);
const held = new Map<string, Socket>();

/** Says who it is and whom it sees, then echoes. */
const serve = (socket: Socket): void => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => socket.write(`${name} echoes ${chunk.toString()}`));
  socket.write(`${name} sees ${socket.remoteAddress}\n`);
};
const opened = [
  { host: '0.0.0.0', type: 'udp4' },
  { host: '::', type: 'udp6' },
] as const;
for (const { host, type } of opened) {
  // Only then is an IPv4 client called by its IPv4 address.
  const tcp = createServer(serve).listen({ port: Number(port), host, ipv6Only: type === 'udp6' });
  const udp = createSocket({ type, ipv6Only: type === 'udp6' });
  udp.on('message', (_message, from) => udp.send(`${name} sees ${from.address}`, from.port, from.address));
  udp.bind(Number(port), host);
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
}
process.stdout.write('{"ready":true}\n');

interface Order {
  id: number;
  do: 'tcp' | 'udp' | 'dns' | 'hold' | 'say';
  host: string;
  port: number;
  localPort?: number;
  text?: string;
  /** How long a silence is no answer, 1.5 s unless told otherwise: also of what is held from then on. */
  waitMs?: number;
}

const orders: Record<Order['do'], (order: Order) => Promise<string>> = {
  tcp: async (order) => {
    const { socket, text } = await dial(order);
    socket.destroy();
    return text;
  },
  hold: async (order) => {
    const { socket, text } = await dial(order);
    held.set(`${order.host}:${order.port}`, socket);
    return text;
  },
  say: ({ host, port, text = '' }) => {
    const socket = held.get(`${host}:${port}`)!;
    socket.write(text);
    return firstData(socket);
  },
  udp: ({ host, port, localPort }) =>
    new Promise((resolve, reject) => {
      const client = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
      const settle = (then: () => void): void => {
        client.close();
        then();
      };
      client.on('error', (err) => settle(() => reject(err)));
      client.on('message', (message) => settle(() => resolve(message.toString())));
      client.bind(localPort ?? 0, () => client.connect(port, host, () => client.send('hello')));
    }),
  dns: async ({ host, text = '' }) => {
    const resolver = new dns.Resolver({ timeout: 2000, tries: 1 });
    resolver.setServers([host]);
    return (await (isIPv6(host) ? resolver.resolve6(text) : resolver.resolve4(text))).toSorted((a, b) => (a < b ? -1 : 1)).join(' ');
  },
};

async function dial({ host, port, waitMs = 1500 }: Order): Promise<{ socket: Socket; text: string }> {
  const socket = connect({ host, port });
  socket.setTimeout(waitMs, () => socket.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
  return { socket, text: await firstData(socket) };
}

function firstData(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (chunk) => resolve(chunk.toString().trim()));
  });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as Order;
  orders[order.do](order)
    .catch((err: NodeJS.ErrnoException) => err.code ?? err.message)
    .then((answer) => process.stdout.write(`${JSON.stringify({ id: order.id, answer })}\n`))
    .catch((err: unknown) => process.stderr.write(String(err)));
});
