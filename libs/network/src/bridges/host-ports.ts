import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { Logger } from '#telemetry';
import type { HostPorts, PublishedPort } from '../contract.ts';
import { boundSocketIn } from './loopback-socket.ts';

export interface HostPortsOptions {
  /**
   * The network namespace of the machine that this node is one of, where people sit: TCP ports are on its loopback too, unless somebody has
   * them there.
   */
  machineNetns?: string;
  logger: Logger;
}

type Close = () => Promise<void>;

/**
 * A listening socket for each port: nobody else on the node gets it, and who asks for a port that is taken is refused as by any server.
 * The kernel's rules lead nearly all past it to the container. What they cannot (`::1`, IPv6 to a container without) is passed on here.
 */
export function createHostPorts(options: HostPortsOptions): HostPorts {
  const held = new Map<string, Close>();
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
        held.set(key, await holdIt(port, options));
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

async function holdIt(port: PublishedPort, { machineNetns, logger }: HostPortsOptions): Promise<Close> {
  if (port.protocol === 'udp') return holdUdp(port);
  if (port.protocol === 'sctp') return async () => undefined; // what Node has no sockets for, the rules alone serve
  const { hostIp, hostPort } = port;
  const own = await serve(port, { host: hostIp, port: hostPort, exclusive: true, ipv6Only: isIPv6(hostIp) });
  const loopback = { '0.0.0.0': '127.0.0.1', '127.0.0.1': '127.0.0.1', '::': '::1', '::1': '::1' }[hostIp];
  if (machineNetns === undefined || loopback === undefined) return own;
  try {
    const machine = await serve(port, { fd: boundSocketIn(machineNetns, loopback, hostPort) });
    return async () => void (await Promise.all([own(), machine()]));
  } catch (err) {
    logger.warn({ err, port: hostPort }, 'a published port is not on the loopback of the machine: somebody else has it there');
    return own;
  }
}

async function serve({ containerIp, containerPort }: PublishedPort, where: Parameters<Server['listen']>[0]): Promise<Close> {
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
  server.listen(where);
  await once(server, 'listening');
  return () => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
}

async function holdUdp({ hostIp, hostPort }: PublishedPort): Promise<Close> {
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
