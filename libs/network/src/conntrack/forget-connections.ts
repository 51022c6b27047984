import { constants } from 'node:os';
import { Family, NetlinkError, NetlinkSocket } from '../netlink/socket.ts';
import type { StaleEndpoint } from '../services/stale-endpoints.ts';
import { type Connection, connectionsIn, deleteRequest, dumpRequest } from './messages.ts';

const UDP = 17;

/**
 * Makes the kernel forget the UDP "connections" to endpoints that are gone, so that the next packet of their clients is routed anew. Works
 * in the network namespace of this process. Throws when the kernel refuses; what is gone already is no error.
 */
export async function forgetConnections(stale: readonly StaleEndpoint[]): Promise<void> {
  const socket = NetlinkSocket.open(Family.Netfilter);
  try {
    const { messages } = await socket.must('listing connections', dumpRequest());
    for (const connection of connectionsIn(messages).filter(matcher(stale))) {
      const { errno } = await socket.ask(deleteRequest(connection));
      if (errno !== 0 && errno !== constants.errno.ENOENT) throw new NetlinkError(errno, 'forgetting a connection');
    }
  } finally {
    socket.close();
  }
}

/** True for connections that were routed from one of these addresses to one of these endpoints. */
export function matcher(stale: readonly StaleEndpoint[]): (connection: Connection) => boolean {
  const key = (address: string, port: number, ip: string, endpointPort: number): string => `${address} ${port} ${ip} ${endpointPort}`;
  const wanted = new Set(stale.map(({ address = '*', port, endpoint }) => key(address, port, endpoint.ip, endpoint.port)));
  return ({ original, reply }) =>
    original.protocol === UDP &&
    // Only what was translated: a client that talks to the endpoint itself is left alone.
    original.destination !== reply.source &&
    [original.destination, '*'].some((address) => wanted.has(key(address, original.destinationPort, reply.source, reply.sourcePort)));
}
