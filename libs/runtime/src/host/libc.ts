import { constants } from 'node:os';
import koffi from 'koffi';
import { encodeName } from '#base';

/**
 * Every prototype that Berth calls in the C library, in one place: a wrong one crashes the process, so each has a spec that runs it.
 * Synchronous calls hold the event loop; what may wait has an asynchronous form that runs on a thread of koffi's.
 */
const libc = koffi.load('libc.so.6');

// Without names: koffi keeps those per process, and every spec that loads this file would declare them again.
const iovec = koffi.struct({ base: 'void *', length: 'size_t' });
const msghdr = koffi.struct({
  name: 'void *',
  nameLength: 'uint32_t',
  iov: koffi.pointer(iovec),
  iovLength: 'size_t',
  control: 'void *',
  controlLength: 'size_t',
  flags: 'int',
});
const winsize = koffi.struct({ rows: 'uint16_t', columns: 'uint16_t', xPixels: 'uint16_t', yPixels: 'uint16_t' });

/** `koffi.errno()` is of the last call on this thread: read it at once, as `checked` does. */
export const calls = {
  mount: libc.func('int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)'),
  umount2: libc.func('int umount2(const char *target, int flags)'),
  unshare: libc.func('int unshare(int flags)'),
  setns: libc.func('int setns(int fd, int type)'),
  sethostname: libc.func('int sethostname(const char *name, size_t length)'),
  gettid: libc.func('int gettid()'),
  lsetxattr: libc.func('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)'),
  lgetxattr: libc.func('long lgetxattr(const char *path, const char *name, _Out_ void *value, size_t size)'),
  llistxattr: libc.func('long llistxattr(const char *path, _Out_ void *list, size_t size)'),
  lremovexattr: libc.func('int lremovexattr(const char *path, const char *name)'),
  syncfs: libc.func('int syncfs(int fd)'),
  utimensat: libc.func('int utimensat(int directory, const char *path, const void *times, int flags)'),
  mknod: libc.func('int mknod(const char *path, unsigned int mode, unsigned long device)'),
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  connect: libc.func('int connect(int fd, const void *address, unsigned int length)'),
  send: libc.func('long send(int fd, const void *bytes, size_t length, int flags)'),
  shutdown: libc.func('int shutdown(int fd, int how)'),
  recvmsg: libc.func('recvmsg', 'long', ['int', koffi.inout(koffi.pointer(msghdr)), 'int']),
  ioctlWinsize: libc.func('ioctl', 'int', ['int', 'unsigned long', koffi.pointer(winsize)]),
  syscallPidfdOpen: libc.func('syscall', 'long', ['long', 'int', 'unsigned int']),
  syscallOpenat2: libc.func('syscall', 'long', ['long', 'int', 'str', 'void *', 'size_t']),
  epollCreate1: libc.func('int epoll_create1(int flags)'),
  epollCtl: libc.func('int epoll_ctl(int epfd, int operation, int fd, const void *event)'),
  eventfd: libc.func('int eventfd(unsigned int value, int flags)'),
  memfdCreate: libc.func('int memfd_create(const char *name, unsigned int flags)'),
  pipe2: libc.func('int pipe2(_Out_ int *fds, int flags)'),
  posixSpawn: libc.func(
    'int posix_spawn(_Out_ int *pid, const char *path, const void *actions, const void *attributes, const char **argv, const char **envp)',
  ),
  spawnActionsInit: libc.func('int posix_spawn_file_actions_init(void *actions)'),
  spawnActionsDestroy: libc.func('int posix_spawn_file_actions_destroy(void *actions)'),
  spawnActionsDup2: libc.func('int posix_spawn_file_actions_adddup2(void *actions, int fd, int as)'),
  spawnActionsChdir: libc.func('int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)'),
  spawnAttributesInit: libc.func('int posix_spawnattr_init(void *attributes)'),
  spawnAttributesDestroy: libc.func('int posix_spawnattr_destroy(void *attributes)'),
  spawnAttributesFlags: libc.func('int posix_spawnattr_setflags(void *attributes, short flags)'),
  spawnAttributesDefaults: libc.func('int posix_spawnattr_setsigdefault(void *attributes, const void *signals)'),
  spawnAttributesMask: libc.func('int posix_spawnattr_setsigmask(void *attributes, const void *signals)'),
  waitpid: libc.func('int waitpid(int pid, _Out_ int *status, int options)'),
  fcntlInt: libc.func('fcntl', 'int', ['int', 'int', 'int']),
};

/** A system call that failed, with the name and the number of its error as Node's own file errors have them. */
export class SystemCallError extends Error {
  constructor(
    readonly syscall: string,
    readonly errno: number,
    readonly detail: string,
  ) {
    super(`${syscall} ${detail}: ${errorName(errno)}`);
    this.name = 'SystemCallError';
  }

  /** Such as `ENOENT`. */
  get code(): string {
    return errorName(this.errno);
  }
}

// Some numbers have two names (EAGAIN and EWOULDBLOCK, ENOTSUP and EOPNOTSUPP): the first is the one that Node's own errors have.
const names = new Map(
  Object.entries(constants.errno)
    .toReversed()
    .map(([name, value]) => [value, name]),
);

function errorName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** A path for a C function: koffi writes strings as UTF-8, which not every name is. */
export function cPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : Buffer.concat([encodeName(path), Buffer.of(0)]);
}

/** Returns what the call returned; throws when that is negative. */
export function checked(syscall: string, result: number, detail: string): number {
  if (result < 0) throw new SystemCallError(syscall, koffi.errno(), detail);
  return result;
}

export type LibcCall = ReturnType<typeof libc.func>;

/** Runs a call on another thread: for what may wait. */
export function checkedAsync(call: LibcCall, args: unknown[], syscall: string, detail: string): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...args, (err: Error | null, result: number) => {
      if (err) return reject(err);
      if (result < 0) return reject(new SystemCallError(syscall, koffi.errno(), detail));
      resolve(result);
    });
  });
}
