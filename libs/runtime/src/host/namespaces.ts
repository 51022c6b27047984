import { closeSync, openSync, readlinkSync, writeFileSync } from 'node:fs';
import { calls, checked } from './libc.ts';
import { bindMount, unmount } from './mounts.ts';

/** `linux/sched.h` */
const cloneFlags = { net: 0x40000000, ipc: 0x08000000, uts: 0x04000000 } as const;
/** Those of a pod that live without a process; a PID namespace ends with its first one (pid_namespaces(7)). */
export type NamespaceKind = keyof typeof cloneFlags;

/**
 * Makes namespaces and pins each by a bind mount, so that they live without a process. `inside` runs within them before the thread
 * returns to its own (host name, sysctls).
 *
 * setns(2) and unshare(2) move only the calling thread; nothing else runs on it in between, since all of this is synchronous. A thread
 * that cannot return must not go on: the process ends.
 */
export function pinNamespaces(paths: Partial<Record<NamespaceKind, string>>, inside?: () => void): void {
  const kinds = Object.keys(paths) as NamespaceKind[];
  const flags = kinds.reduce((all, kind) => all | cloneFlags[kind], 0);
  for (const path of Object.values(paths)) writeFileSync(path, '', { mode: 0o444 });
  insideOther(kinds, () => {
    checked('unshare', calls.unshare(flags), kinds.join(','));
    for (const kind of kinds) bindMount(ownNamespace(kind), paths[kind]!);
    inside?.();
  });
}

/** Runs `work` on this thread inside pinned namespaces. `work` must be synchronous. */
export function withinNamespaces<T>(paths: Partial<Record<NamespaceKind, string>>, work: () => T): T {
  const kinds = Object.keys(paths) as NamespaceKind[];
  return insideOther(kinds, () => {
    for (const kind of kinds) enter(kind, paths[kind]!);
    return work();
  });
}

function insideOther<T>(kinds: readonly NamespaceKind[], work: () => T): T {
  const home = kinds.map((kind) => ({ kind, fd: openSync(ownNamespace(kind), 'r') }));
  try {
    return work();
  } finally {
    for (const { kind, fd } of home) {
      if (calls.setns(fd, cloneFlags[kind]) !== 0) process.abort();
      closeSync(fd);
    }
  }
}

function enter(kind: NamespaceKind, path: string): void {
  const fd = openSync(path, 'r');
  try {
    checked('setns', calls.setns(fd, cloneFlags[kind]), path);
  } finally {
    closeSync(fd);
  }
}

const ownNamespace = (kind: NamespaceKind): string => `/proc/self/task/${calls.gettid()}/ns/${kind}`;

/** Which namespace this thread is in, such as `net:[4026531840]`. */
export function namespaceOf(kind: NamespaceKind): string {
  return readlinkSync(ownNamespace(kind));
}

/** Idempotent. The namespace ends with its last process. */
export const unpinNamespace = (path: string): Promise<void> => unmount(path);

/** sethostname(2), in the UTS namespace that this thread is in: for `inside` of `pinNamespaces`. */
export function setHostname(name: string): void {
  checked('sethostname', calls.sethostname(name, Buffer.byteLength(name)), name);
}

const socketFlags = { inet: 2, inet6: 10, unix: 1, stream: 1, seqpacket: 5, nonblock: 0o4000, cloexec: 0o2000000 } as const;

/** A TCP socket that belongs to a pinned network namespace, for `net.Socket({ fd })`. */
export function tcpSocketIn(netnsPath: string, family: 'inet' | 'inet6' = 'inet'): number {
  return withinNamespaces({ net: netnsPath }, () =>
    checked('socket', calls.socket(socketFlags[family], socketFlags.stream | socketFlags.nonblock | socketFlags.cloexec, 0), netnsPath),
  );
}
