import { closeSync, openSync, readSync, write } from 'node:fs';
import { constants } from 'node:os';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { parseReply, type Reply } from './codec.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
const CLONE_NEWNET = 0x40000000;
const READ_BYTES = 64 * 1024;
/** Of netlink(7): NETLINK_ROUTE and NETLINK_NETFILTER. */
export const Family = { Route: 0, Netfilter: 12 } as const;

const libc = koffi.load('libc.so.6');
const makeSocket = libc.func('int socket(int domain, int type, int protocol)') as (
  domain: number,
  type: number,
  protocol: number,
) => number;
const setns = libc.func('int setns(int fd, int type)') as (fd: number, type: number) => number;
const send = promisify(write);
/** Of all sockets: what one read gave is copied before the next. */
const received = Buffer.allocUnsafeSlow(READ_BYTES);

/** What the kernel refused, with Node's names of errors. */
export class NetlinkError extends Error {
  constructor(
    readonly errno: number,
    what: string,
  ) {
    super(`${what}: ${nameOf(errno)}`);
    this.name = 'NetlinkError';
  }

  get code(): string {
    return nameOf(this.errno);
  }
}

function nameOf(errno: number): string {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
}

/** A netlink socket of this process's network namespace, or of the one at `path`. */
export class NetlinkSocket {
  private constructor(private readonly fd: number) {}

  /**
   * Synchronous, as it must be. Throws NetlinkError, and Node's own error for a path that cannot be opened. The caller closes the socket.
   */
  static open(family: number, path?: string): NetlinkSocket {
    if (path === undefined) return new NetlinkSocket(create(family));
    const own = openSync('/proc/thread-self/ns/net', 'r');
    const other = openSync(path, 'r');
    try {
      // A socket stays in the namespace that it was made in. Only this thread goes there, and comes back before anything else runs on it.
      if (setns(other, CLONE_NEWNET) < 0) throw new NetlinkError(koffi.errno(), `entering ${path}`);
      try {
        return new NetlinkSocket(create(family));
      } finally {
        if (setns(own, CLONE_NEWNET) < 0) process.abort(); // all that this process does from here on would be in a pod's network
      }
    } finally {
      closeSync(other);
      closeSync(own);
    }
  }

  /**
   * Sends requests, each asking for an acknowledgement or a dump, in one system call, and reads until all are settled. The kernel answers
   * while it takes them: sending runs off the event loop, because taking a link away waits, and what reading reads is there by then.
   */
  ask(...requests: readonly Buffer[]): Promise<Reply> {
    return this.askBatch(Buffer.concat(requests), requests.length);
  }

  /** Requests of which only some are acknowledged. */
  async askBatch(requests: Buffer, acknowledged: number): Promise<Reply> {
    await send(this.fd, requests);
    const all: Reply = { messages: [], settled: 0, errno: 0 };
    while (all.settled < acknowledged) {
      const reply = parseReply(Buffer.from(received.subarray(0, readSync(this.fd, received, 0, READ_BYTES, null))));
      for (const message of reply.messages) all.messages.push(message);
      all.settled += reply.settled;
      all.errno ||= reply.errno;
    }
    return all;
  }

  /** Like `ask`, but a refusal is thrown. */
  async must(what: string, ...requests: readonly Buffer[]): Promise<Reply> {
    const reply = await this.ask(...requests);
    if (reply.errno !== 0) throw new NetlinkError(reply.errno, what);
    return reply;
  }

  close(): void {
    closeSync(this.fd);
  }
}

function create(family: number): number {
  const fd = makeSocket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, family);
  if (fd < 0) throw new NetlinkError(koffi.errno(), 'socket(AF_NETLINK)');
  return fd;
}
