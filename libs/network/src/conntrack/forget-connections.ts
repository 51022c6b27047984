import { close, read, write } from 'node:fs';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import koffi from 'koffi';
import type { StaleEndpoint } from '../services/stale-endpoints.ts';
import { type Connection, deleteRequest, dumpRequest, parseReply } from './messages.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const NETLINK_NETFILTER = 12;
const UDP = 17;
const READ_BYTES = 64 * 1024;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)') as (domain: number, type: number, protocol: number) => number;
const fs = { read: promisify(read), write: promisify(write), close: promisify(close) };

/**
 * Makes the kernel forget the UDP "connections" to endpoints that are gone, so that the next packet of their clients is routed anew. Works
 * in the network namespace of this process. Throws when the kernel refuses; what is gone already is no error.
 */
export async function forgetConnections(stale: readonly StaleEndpoint[]): Promise<void> {
  const fd = socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_NETFILTER);
  if (fd < 0) throw new Error(`socket(AF_NETLINK): error ${koffi.errno()}`);
  try {
    const isStale = matcher(stale);
    const found = (await ask(fd, dumpRequest(1))).connections.filter(isStale);
    for (const [i, connection] of found.entries()) {
      const { errno } = await ask(fd, deleteRequest(connection, i + 2));
      if (errno !== 0 && errno !== constants.errno.ENOENT) throw new Error(`deleting a conntrack entry: error ${errno}`);
    }
  } finally {
    await fs.close(fd);
  }
}

/** Sends a request and reads until the answer has ended. Reads block a thread of the pool, but the kernel answers while it takes the request. */
async function ask(fd: number, request: Buffer): Promise<{ connections: Connection[]; errno: number }> {
  await fs.write(fd, request);
  const connections: Connection[] = [];
  for (;;) {
    const { bytesRead, buffer } = await fs.read(fd, Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null);
    const reply = parseReply(buffer.subarray(0, bytesRead));
    for (const connection of reply.connections) connections.push(connection);
    if (reply.done) return { connections, errno: reply.errno };
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
