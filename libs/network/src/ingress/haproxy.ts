import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Clock, runCommand, writeFileAtomic } from '#base';
import { ask, isAbsence, readPage, tell } from './command-socket.ts';

/**
 * HAProxy in its master-worker mode: the first process reads the configuration as root and serves nobody; its workers serve, as a user
 * without rights, in an empty directory, with the keys in their memory. A reload hands the listening sockets to new workers; the old ones
 * finish what they have. It runs in a session of its own and outlives this process; the next one finds it by its socket.
 */
export class Haproxy {
  private watched: Socket | undefined;
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly options: { directory: string; clock: Clock }) {}

  private file(name: string): string {
    return join(this.options.directory, name);
  }

  get isRunning(): boolean {
    return this.watched !== undefined;
  }

  onEnd(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Makes the running proxy one of this generation, or starts it; resolves when it serves. Throws with what it says is wrong. */
  async load(generation: string): Promise<void> {
    const checked = await runCommand(['haproxy', '-c', '-q', '-f', this.file('haproxy.cfg')]);
    if (checked.code !== 0) throw new Error(`the configuration is refused: ${checked.stderr.trim().slice(0, 2000)}`);
    this.unwatch();
    const pid = await this.masterPid();
    if (pid === undefined) await this.start();
    else process.kill(pid, 'SIGUSR2'); // read anew: management guide §4
    await this.served(generation);
    await this.watch();
  }

  /** Changes what can be changed in a running worker. Throws when it was not done. */
  tell(commands: readonly string[]): Promise<void> {
    return tell(this.file('admin.sock'), commands, this.options.clock);
  }

  /** Ends it, with all that it serves. Idempotent. */
  async stop(): Promise<void> {
    this.unwatch();
    const pid = await this.masterPid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGTERM');
    const gone = async (): Promise<boolean> => (await this.masterPid()) === undefined;
    if (!(await this.until(gone))) throw new Error(`process ${pid} does not end`);
  }

  metrics(): Promise<string> {
    return readPage(this.file('metrics.sock'), '/metrics');
  }

  /** Lets go of it. */
  unwatch(): void {
    const socket = this.watched;
    this.watched = undefined;
    socket?.destroy();
  }

  /** Undefined when none runs. Its socket does not tell: a process that reads its configuration anew is away from it for a moment. */
  private async masterPid(): Promise<number | undefined> {
    const [pid, started] = (await readOrNothing(this.file('pid'))).trim().split(' ');
    return pid && started && (await startTicks(pid)) === started ? Number(pid) : undefined;
  }

  private async start(): Promise<void> {
    const log = await open(this.file('haproxy.log'), 'w', 0o600); // it says little, and nothing when it serves
    try {
      const child = spawn(
        'setpriv',
        [...rights, 'haproxy', '-W', '-q', '-f', this.file('haproxy.cfg'), '-S', `${this.file('master.sock')},mode,600`],
        {
          detached: true,
          stdio: ['ignore', log.fd, log.fd],
          cwd: '/',
        },
      );
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      await writeFileAtomic(this.file('pid'), `${child.pid!} ${await startTicks(`${child.pid!}`)}\n`);
      child.unref();
    } finally {
      await log.close();
    }
  }

  private async served(generation: string): Promise<void> {
    const isServing = async (): Promise<boolean> => {
      const answer = await ask(this.file('admin.sock'), 'show info', this.options.clock).catch((err: unknown) => {
        if (isAbsence(err)) return '';
        throw err;
      });
      return answer.includes(`description: ${generation}\n`);
    };
    if (await this.until(isServing)) return;
    const said = await readOrNothing(this.file('haproxy.log'));
    throw new Error(`the proxy does not serve its configuration: ${said.trim().slice(-2000)}`);
  }

  /** Only a parent hears of the end of a process; a connection to it ends for everybody. */
  private async watch(): Promise<void> {
    const socket = await this.connected();
    this.watched = socket;
    socket.on('error', () => undefined); // `close` follows
    socket.resume().once('close', () => {
      if (this.watched !== socket) return;
      this.watched = undefined;
      for (const listener of this.listeners) listener();
    });
  }

  /** As soon as its first process is back from reading. */
  private async connected(): Promise<Socket> {
    const { clock } = this.options;
    for (;;) {
      const socket = connect(this.file('master.sock'));
      const failure = await new Promise<Error | undefined>((resolve) => {
        socket.once('connect', () => resolve(undefined));
        socket.once('error', resolve);
      });
      if (!failure) return socket;
      if (!isAbsence(failure) || (await this.masterPid()) === undefined) throw failure;
      await clock.sleep(5);
    }
  }

  private async until(condition: () => Promise<boolean>): Promise<boolean> {
    const { clock } = this.options;
    const end = clock.monotonicMs() + startMs;
    for (;;) {
      if (await condition()) return true;
      if (clock.monotonicMs() >= end) return false;
      await clock.sleep(10);
    }
  }
}

async function readOrNothing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT' || err.code === 'ESRCH') return '';
    throw err;
  });
}

/** When the process started: proc_pid_stat(5), field 22. It stays the same when it executes another program. Empty when it is gone. */
async function startTicks(pid: string): Promise<string> {
  const text = await readOrNothing(`/proc/${pid}/stat`);
  const [state = 'X', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' '); // the name may hold spaces and brackets
  return 'ZX'.includes(state) ? '' : (fields[18] ?? '');
}

const startMs = 10_000;
/** What its first process needs to make workers that have nothing. */
const capabilities = ['setuid', 'setgid', 'sys_chroot', 'net_bind_service', 'kill', 'sys_resource'];
const rights = ['--no-new-privs', '--inh-caps=-all', `--bounding-set=-all,${capabilities.map((name) => `+${name}`).join()}`];
