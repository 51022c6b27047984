import { type FileHandle, open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';

/** Of one call: what a socket takes at once is less. */
const callBytes = 4 * 1024 * 1024;
/** Goes through this process when the socket has had enough: its being taken is how we learn that there is room again. */
const probeBytes = 64 * 1024;

/**
 * Sends bytes of a file as the body of an answer whose head is written, by sendfile(2): they go from the page cache to the socket and this
 * process never sees them. False: nothing was sent and it must be done otherwise, over TLS or behind an answer that is still being sent.
 * Rejects when the client is gone.
 */
export async function sendFile(response: ServerResponse, path: string, { first, last }: { first: number; last: number }): Promise<boolean> {
  const { socket } = response;
  const system = await systemCalls();
  if (!socket || !system || socket instanceof TLSSocket) return false;
  response.flushHeaders();
  await taken(socket, Buffer.alloc(0));
  const fd = (socket as Socket & { _handle?: { fd?: number } })._handle?.fd ?? -1;
  if (fd < 0) throw gone();
  const file = await open(path, 'r');
  // A descriptor of our own: the socket's may belong to somebody else by the time that a call in another thread comes to it.
  const out = system.duplicate(fd);
  try {
    for (let at = first; at <= last; ) {
      const sent = await system.sendfile(out, file.fd, at, Math.min(callBytes, last + 1 - at));
      if (socket.destroyed) throw gone();
      at += sent > 0 ? sent : await probe(socket, file, { at, last });
    }
    return true;
  } finally {
    system.close(out);
    await file.close();
  }
}

/** A piece by the usual way. Resolves, with how long it was, when the kernel has taken it. */
async function probe(socket: Socket, file: FileHandle, { at, last }: { at: number; last: number }): Promise<number> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(Math.min(probeBytes, last + 1 - at)), { position: at });
  if (bytesRead === 0) throw new Error(`the file ends at ${at}`);
  await taken(socket, buffer.subarray(0, bytesRead));
  return bytesRead;
}

function taken(socket: Socket, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(gone());
    if (socket.destroyed) return closed();
    socket.once('close', closed);
    socket.write(piece, (err) => {
      socket.off('close', closed);
      if (err) reject(err);
      else resolve();
    });
  });
}

const gone = (): Error => Object.assign(new Error('the client went away'), { code: 'ECONNRESET' });

interface SystemCalls {
  /**
   * How many bytes; none: the socket takes no more for now, or something is wrong, which the next piece that goes the usual way will tell. In
   * the thread pool: the disk may be slow.
   */
  sendfile(out: number, from: number, at: number, bytes: number): Promise<number>;
  duplicate(fd: number): number;
  close(fd: number): void;
}

let loaded: Promise<SystemCalls | undefined> | undefined;

/** Loaded with the first blob; undefined where the C library has no such call. */
function systemCalls(): Promise<SystemCalls | undefined> {
  loaded ??= loadSystemCalls().catch(() => undefined); // another C library: blobs go the usual way
  return loaded;
}

async function loadSystemCalls(): Promise<SystemCalls> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load('libc.so.6');
  const sendfile64 = libc.func('int64_t sendfile64(int out_fd, int in_fd, _Inout_ int64_t *offset, size_t count)');
  const fcntl = libc.func('int fcntl(int fd, int op, int from)');
  const close = libc.func('int close(int fd)');
  const call = promisify(sendfile64.async.bind(sendfile64) as (...args: unknown[]) => void) as (...args: unknown[]) => Promise<number>;
  return {
    async sendfile(out, from, at, bytes) {
      return Number(await call(out, from, [at], bytes));
    },
    duplicate(fd) {
      const own = fcntl(fd, 1030, 0) as number; // F_DUPFD_CLOEXEC
      if (own < 0) throw gone();
      return own;
    },
    close: (fd) => void close(fd),
  };
}
