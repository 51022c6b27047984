import { createServer, type Server } from 'node:net';
import { calls, checked, SystemCallError } from './libc.ts';

const TIOCSWINSZ = 0x5414;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

/** The kernel then sends SIGWINCH to the foreground process group (ioctl_tty(2)). */
export function setWindowSize(fd: number, { columns, rows }: { columns: number; rows: number }): void {
  checked('ioctl', calls.ioctlWinsize(fd, TIOCSWINSZ, { rows, columns, xPixels: 0, yPixels: 0 }), 'TIOCSWINSZ');
}

/** Receives one message with a file descriptor; undefined while nothing has come. */
export function receiveDescriptor(socketFd: number): number | undefined {
  const bytes = Buffer.alloc(4096);
  const control = Buffer.alloc(64);
  const message = {
    name: null,
    nameLength: 0,
    iov: [{ base: bytes, length: bytes.length }],
    iovLength: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  try {
    checked('recvmsg', Number(calls.recvmsg(socketFd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)), 'console socket');
  } catch (err) {
    if (err instanceof SystemCallError && err.code === 'EAGAIN') return undefined;
    throw err;
  }
  // struct cmsghdr: size_t length, int level, int type, then the descriptors.
  if (control.readInt32LE(8) !== SOL_SOCKET || control.readInt32LE(12) !== SCM_RIGHTS)
    throw new Error('console socket: no descriptor came');
  return control.readInt32LE(16);
}

/**
 * Listens where the OCI runtime sends the master end of a terminal to (runtime-spec's `--console-socket` convention). The descriptor
 * comes as ancillary data, which `net` drops: the connection is taken unread and read here.
 */
export async function listenForTerminal(
  path: string,
  wait: (ms: number) => Promise<void>,
): Promise<{ master: Promise<number>; close: () => void }> {
  const server: Server = createServer({ pauseOnConnect: true });
  const master = new Promise<number>((resolve, reject) => {
    server.on('error', reject);
    server.on('connection', (connection) => {
      const { fd } = (connection as unknown as { _handle: { fd: number } })._handle;
      const receive = async (): Promise<number> => {
        // The sender has connected and sends next; the loop ends within a turn or two.
        for (;;) {
          const received = receiveDescriptor(fd);
          if (received !== undefined) return received;
          await wait(1);
        }
      };
      receive()
        .then(resolve, reject)
        .finally(() => connection.destroy());
    });
  });
  master.catch(() => undefined); // whoever awaits it sees the error; without a waiter the exec itself has failed already
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { master, close: () => server.close() };
}
