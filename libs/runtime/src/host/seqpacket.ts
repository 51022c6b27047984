import { closeSync } from 'node:fs';
import { calls, checked, SystemCallError } from './libc.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_FLAGS = 0o4000 | 0o2000000; // non-blocking, close on exec
const MSG_NOSIGNAL = 0x4000;
const SHUT_RD = 0;

/** The sending half of a SOCK_SEQPACKET unix socket, which Node's `net` cannot connect: conmon takes a container's input on one. */
export class PacketSender {
  private constructor(private readonly fd: number) {}

  /** At once, since both are on this machine. Throws ENOENT or ECONNREFUSED when nobody listens. */
  static connect(path: string): PacketSender {
    const fd = checked('socket', calls.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_FLAGS, 0), path);
    try {
      const name = Buffer.from(`${path}\0`);
      // sun_path of unix(7), its zero byte included.
      if (name.length > 108) throw new Error(`socket path too long: ${path}`);
      const address = Buffer.alloc(2 + name.length);
      address.writeUInt16LE(AF_UNIX, 0);
      name.copy(address, 2);
      checked('connect', calls.connect(fd, address, address.length), path);
      // Output is read from the log; a peer that writes here gets EPIPE instead of filling a buffer that nobody reads.
      calls.shutdown(fd, SHUT_RD);
      return new PacketSender(fd);
    } catch (err) {
      closeSync(fd);
      throw err;
    }
  }

  /** false: the peer has no room now, try again. */
  send(bytes: Uint8Array): boolean {
    try {
      checked('send', Number(calls.send(this.fd, bytes, bytes.length, MSG_NOSIGNAL)), 'attach socket');
      return true;
    } catch (err) {
      if (err instanceof SystemCallError && err.code === 'EAGAIN') return false;
      throw err;
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
