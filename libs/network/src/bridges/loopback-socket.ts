import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import koffi from 'koffi';
import { ipBytes, mustFamilyOf } from '../family.ts';

const SOCK_STREAM_CLOEXEC_NONBLOCK = 1 | 0x80000 | 0x800;
const CLONE_NEWNET = 0x40000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;

const libc = koffi.load('libc.so.6');
const makeSocket = libc.func('int socket(int domain, int type, int protocol)') as (...numbers: number[]) => number;
const setns = libc.func('int setns(int fd, int type)') as (fd: number, type: number) => number;
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)') as (
  fd: number,
  address: Buffer,
  length: number,
) => number;
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const int *value, uint32_t length)') as (
  ...values: (number | number[])[]
) => number;

/**
 * A TCP socket of another network namespace, bound there, for `net.Server.listen({ fd })`. Synchronous, as it must be: only this thread goes
 * there, and comes back before anything else runs on it. Throws an Error with the code that the kernel gave.
 */
export function boundSocketIn(netnsPath: string, ip: string, port: number): number {
  const own = openSync('/proc/thread-self/ns/net', 'r');
  const other = openSync(netnsPath, 'r');
  try {
    if (setns(other, CLONE_NEWNET) < 0) throw failed('setns');
    try {
      return boundSocket(ip, port);
    } finally {
      if (setns(own, CLONE_NEWNET) < 0) process.abort(); // all that this process does from here on would be in another network
    }
  } finally {
    closeSync(other);
    closeSync(own);
  }
}

function boundSocket(ip: string, port: number): number {
  const { number } = mustFamilyOf(ip);
  const fd = makeSocket(number, SOCK_STREAM_CLOEXEC_NONBLOCK, 0);
  if (fd < 0) throw failed('socket');
  const address = socketAddress(ip, port);
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, [1], 4) < 0 || bind(fd, address, address.length) < 0) {
    const err = failed(`bind ${ip}:${port}`);
    closeSync(fd);
    throw err;
  }
  return fd;
}

/** sockaddr_in or sockaddr_in6: ip(7), ipv6(7). */
function socketAddress(ip: string, port: number): Buffer {
  const { number, bits } = mustFamilyOf(ip);
  const bytes = Buffer.alloc(bits === 32 ? 16 : 28);
  bytes.writeUInt16LE(number, 0);
  bytes.writeUInt16BE(port, 2);
  ipBytes(ip).copy(bytes, bits === 32 ? 4 : 8);
  return bytes;
}

function failed(what: string): Error {
  const errno = koffi.errno();
  const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${what}: ${code}`), { code });
}
