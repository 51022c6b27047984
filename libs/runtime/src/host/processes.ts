import { closeSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { calls, checked, SystemCallError } from './libc.ts';

/** Linux 5.3. Numbers of system calls since 5.1 are the same on every architecture that Node runs on. */
const SYS_PIDFD_OPEN = 434;
const WNOHANG = 1;

/** A descriptor that becomes readable when the process ends; undefined: there is no such process. */
export function pidfdOpen(pid: number): number | undefined {
  try {
    return checked('pidfd_open', Number(calls.syscallPidfdOpen(SYS_PIDFD_OPEN, pid, 0)), String(pid));
  } catch (err) {
    if (err instanceof SystemCallError && err.code === 'ESRCH') return undefined;
    throw err;
  }
}

/** One that has ended already is no error. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err;
  }
}

/** Children, their children and so on, as they are now: those whose parent has ended are nobody's. */
export function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').map(Number).filter(Boolean));
  } catch (err) {
    if (['ENOENT', 'ESRCH'].includes((err as NodeJS.ErrnoException).code ?? '')) return [];
    throw err;
  }
}

/** Ticks since boot at which the process began: with the pid it names a process for good. undefined when it is gone or a zombie. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch (err) {
    if (['ENOENT', 'ESRCH'].includes((err as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw err;
  }
}

const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const EPOLLONESHOT = 1 << 30;
const CLOEXEC = 0o2000000;
/** `struct epoll_event` is packed on x86-64 only. */
const eventLayout = process.arch === 'x64' ? { size: 12, dataOffset: 4 } : { size: 16, dataOffset: 8 };

/**
 * Tells when processes end, children of this one or not; those of this one are reaped. One thread waits in epoll_wait(2) for all of them:
 * Node has no way to wait for a pidfd itself.
 */
export class ProcessWatch {
  private readonly epoll = checked('epoll_create1', calls.epollCreate1(CLOEXEC), '');
  private readonly wake = checked('eventfd', calls.eventfd(0, CLOEXEC), '');
  private readonly watched = new Map<number, { pid: number; ended: () => void }>();
  private worker: Worker | undefined;

  /** Calls back once when the process has ended; soon if it is gone already. */
  watch(pid: number, ended: () => void): void {
    const fd = pidfdOpen(pid);
    if (fd === undefined) return queueMicrotask(ended);
    this.watched.set(fd, { pid, ended });
    this.worker ??= this.startWorker();
    this.add(fd);
  }

  private add(fd: number): void {
    const event = Buffer.alloc(eventLayout.size);
    event.writeUInt32LE(EPOLLIN | EPOLLONESHOT, 0);
    event.writeInt32LE(fd, eventLayout.dataOffset);
    checked('epoll_ctl', calls.epollCtl(this.epoll, EPOLL_CTL_ADD, fd, event), `add ${fd}`);
  }

  private startWorker(): Worker {
    this.add(this.wake);
    const worker = new Worker(waitLoop, {
      eval: true,
      workerData: { epoll: this.epoll, wake: this.wake, koffi: import.meta.resolve('koffi'), ...eventLayout },
    });
    worker.on('message', (fds: number[]) => {
      for (const fd of fds) {
        const process = this.watched.get(fd);
        this.watched.delete(fd);
        closeSync(fd);
        if (!process) continue;
        calls.waitpid(process.pid, [0], WNOHANG); // a child of ours would stay as a zombie; of others this does nothing
        process.ended();
      }
    });
    worker.on('error', (err) => {
      throw err; // without this thread no container's end is seen: let the process start anew
    });
    worker.unref();
    return worker;
  }

  /** Forgets what it watches. */
  async close(): Promise<void> {
    if (this.worker) {
      const ended = new Promise((resolve) => this.worker?.once('exit', resolve));
      writeSync(this.wake, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
      await ended;
    }
    for (const fd of this.watched.keys()) closeSync(fd);
    this.watched.clear();
    closeSync(this.epoll);
    closeSync(this.wake);
  }
}

const waitLoop = `
const { parentPort, workerData } = require('node:worker_threads');
import(workerData.koffi).then(({ default: koffi }) => {
  const wait = koffi.load('libc.so.6').func('int epoll_wait(int epfd, _Out_ void *events, int max, int timeout)');
  const { size, dataOffset } = workerData;
  const events = Buffer.alloc(size * 64);
  for (;;) {
    const count = wait(workerData.epoll, events, 64, -1);
    const fds = Array.from({ length: Math.max(0, count) }, (_, i) => events.readInt32LE(i * size + dataOffset));
    if (fds.includes(workerData.wake)) return;
    if (fds.length > 0) parentPort.postMessage(fds);
  }
});
`;
