import { closeSync, openSync, readFileSync } from 'node:fs';
import { calls, checked, checkedAsync, SystemCallError } from './libc.ts';

/** `spawn.h` of the C library; its opaque structures have 336 and 80 bytes on 64 bit machines. */
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const STRUCTURE_BYTES = 512;
const SIGNAL_SET_BYTES = 128;
const O_CLOEXEC = 0o2000000;
const MFD_CLOEXEC = 1;

export interface SpawnInput {
  /** Program (a path) and its arguments. */
  command: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Descriptors of this process, by the number that they have in the new one. */
  fds: readonly number[];
}

/**
 * Starts a program and resolves with its process id. Unlike Node's `spawn` it does not copy the page tables of this process (vfork instead
 * of fork), which is most of what starting a program from a big process costs, and it holds the thread pool's thread until the program
 * runs, not the event loop. The child is the caller's to wait for.
 */
export async function startProgram({ command, cwd, env, fds }: SpawnInput): Promise<number> {
  const actions = Buffer.alloc(STRUCTURE_BYTES);
  const attributes = Buffer.alloc(STRUCTURE_BYTES);
  const pid = [0];
  succeeded(calls.spawnActionsInit(actions), 'file actions');
  succeeded(calls.spawnAttributesInit(attributes), 'attributes');
  try {
    succeeded(calls.spawnActionsChdir(actions, cwd), cwd);
    for (const [as, fd] of fds.entries()) succeeded(calls.spawnActionsDup2(actions, fd, as), `descriptor ${as}`);
    // What Node ignores or blocks (SIGPIPE) would be ignored in the program too.
    succeeded(calls.spawnAttributesDefaults(attributes, Buffer.alloc(SIGNAL_SET_BYTES, 0xff)), 'signals');
    succeeded(calls.spawnAttributesMask(attributes, Buffer.alloc(SIGNAL_SET_BYTES)), 'signals');
    succeeded(calls.spawnAttributesFlags(attributes, SETSIGDEF | SETSIGMASK), 'flags');
    const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const args = [pid, command[0], actions, attributes, [...command, null], [...environment, null]];
    succeeded(await checkedAsync(calls.posixSpawn, args, 'posix_spawn', command[0]), command[0]);
    return pid[0]!;
  } finally {
    calls.spawnActionsDestroy(actions);
    calls.spawnAttributesDestroy(attributes);
  }
}

/** Resolves with the exit code of a child; 128 and the signal's number where one ended it. */
export async function endOf(pid: number): Promise<number> {
  const status = [0];
  await checkedAsync(calls.waitpid, [pid, status, 0], 'waitpid', String(pid));
  const signal = status[0]! & 0x7f;
  return signal ? 128 + signal : (status[0]! >> 8) & 0xff;
}

/**
 * Runs a program that ends by itself soon. Resolves with its exit code (128 and the signal's number where one ended it) and with what it
 * printed on standard error; it has no input, and what else it prints is not kept.
 */
export async function runProgram(command: SpawnInput['command']): Promise<{ code: number; stderr: string }> {
  const nothing = openSync('/dev/null', 'r+');
  const complaints = new MemoryFile('stderr');
  try {
    const env = { PATH: process.env['PATH'] ?? '' };
    const code = await endOf(await startProgram({ command, cwd: '/', env, fds: [nothing, nothing, complaints.fd] }));
    return { code, stderr: complaints.text() };
  } finally {
    complaints.close();
    closeSync(nothing);
  }
}

/** Takes what a program writes. Rather than a pipe: nobody has to read while the program runs. */
export class MemoryFile {
  readonly fd: number;

  constructor(name: string) {
    this.fd = checked('memfd_create', calls.memfdCreate(name, MFD_CLOEXEC), '');
  }

  /** By a path, since the descriptor's own position is where the program stopped writing. */
  text(): string {
    return readFileSync(`/proc/self/fd/${this.fd}`, 'utf8');
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** Both ends are closed in programs that are started, unless handed to them. */
export function openPipe(): { read: number; write: number } {
  const fds = [0, 0];
  checked('pipe2', calls.pipe2(fds, O_CLOEXEC), '');
  return { read: fds[0]!, write: fds[1]! };
}

/** These return an error's number instead of setting errno. */
function succeeded(errno: number, detail: string): void {
  if (errno !== 0) throw new SystemCallError('posix_spawn', errno, detail);
}
