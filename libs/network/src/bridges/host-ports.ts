import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { HostPorts, PublishedPort } from '../contract.ts';

/**
 * A listening socket for each port: nobody else on the node gets it, and who asks for a port that is taken is refused as by any server.
 * The kernel's rules lead nearly all past it to the container. What they cannot (IPv6 to a container without) is passed on here.
 */
export function createHostPorts(): HostPorts {
  const held = new Map<string, () => Promise<void>>();
  const release: HostPorts['release'] = async (port) => {
    const close = held.get(keyOf(port));
    held.delete(keyOf(port));
    await close?.();
  };
  return {
    async hold(port) {
      const key = keyOf(port);
      if (held.has(key)) throw Object.assign(new Error(`port ${key} is held`), { code: 'EADDRINUSE' });
      // Before it listens: of two who ask at the same time one is refused.
      held.set(key, async () => undefined);
      try {
        held.set(
          key,
          port.protocol === 'tcp' ? await holdTcp(port) : port.protocol === 'udp' ? await holdUdp(port) : async () => undefined,
        );
      } catch (err) {
        held.delete(key);
        throw err;
      }
    },
    release,
    async close() {
      await Promise.all([...held.values()].map((close) => close()));
      held.clear();
    },
  };
}

const keyOf = ({ protocol, hostIp, hostPort }: Pick<PublishedPort, 'protocol' | 'hostIp' | 'hostPort'>): string =>
  `${protocol} ${hostIp} ${hostPort}`;

async function holdTcp({ hostIp, hostPort, containerIp, containerPort }: PublishedPort): Promise<() => Promise<void>> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ host: containerIp, port: containerPort, allowHalfOpen: true });
    for (const socket of [client, target]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    // An error of either side ends both; the client sees its connection end, as it would without us.
    pipeline(client, target, () => undefined);
    pipeline(target, client, () => undefined);
  });
  server.listen({ host: hostIp, port: hostPort, exclusive: true, ipv6Only: isIPv6(hostIp) });
  await once(server, 'listening');
  return () => {
    for (const socket of open) socket.destroy();
    return closed(server);
  };
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

async function holdUdp({ hostIp, hostPort }: PublishedPort): Promise<() => Promise<void>> {
  const socket = isIPv6(hostIp) ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
  socket.bind({ address: hostIp, port: hostPort, exclusive: true });
  try {
    await once(socket, 'listening');
  } catch (err) {
    socket.close();
    throw err;
  }
  return () => new Promise((resolve) => socket.close(() => resolve()));
}
