import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { ReadStream } from 'node:tty';
import type { Clock } from '#base';
import { RuntimeError } from '../contract.ts';
import type { ExecIo, ExecSpec } from '../containers.contract.ts';
import { descendantsOf, killProcess, listenForTerminal, readTextInRoot, setWindowSize } from '../host/index.ts';
import type { ContainerRecord } from './container-record.ts';
import { resolveUser } from './container-user.ts';
import type { Crun } from './crun.ts';
import { engineWords, wordsOf } from './engine-words.ts';
import type { OciProcess, OciSpec } from './oci-types.ts';
import { readIfPresent } from './state-file.ts';

/** Runs further processes in running containers, with the rights of the container's own. */
export class Executor {
  private sequence = 0;

  constructor(
    private readonly crun: Crun,
    private readonly clock: Clock,
    /** All that a privileged one has. */
    private readonly capabilities: readonly string[],
  ) {}

  /**
   * Resolves when the process has ended and its output has been passed on. Throws 'exec-failed' when it could not be started. When the
   * signal aborts it is killed, and that is how it ends.
   */
  async run(record: ContainerRecord, spec: ExecSpec, io: ExecIo): Promise<{ exitCode: number }> {
    const files = this.filesFor(record);
    try {
      await writeFile(files.process, JSON.stringify(await this.processOf(record, spec)), { mode: 0o600 });
      const exitCode = spec.tty ? await this.runOnTerminal(record, files, io) : await this.runOnPipes(record, files, io);
      const complaint = readIfPresent(files.log);
      // With a process there was a start; without one, what crun wrote tells why not.
      if (exitCode !== 0 && complaint && readIfPresent(files.pid) === undefined) {
        throw new RuntimeError('exec-failed', engineWords(complaint, spec.args), { cause: new Error(wordsOf(complaint)) });
      }
      return { exitCode };
    } finally {
      await Promise.all(Object.values(files).map((file) => rm(file, { force: true })));
    }
  }

  private async processOf(record: ContainerRecord, spec: ExecSpec): Promise<OciProcess> {
    const config = JSON.parse(await readFile(record.bundle.config, 'utf8')) as OciSpec;
    const base = config.process;
    const env = [...base.env, ...(spec.tty && !base.env.some((e) => e.startsWith('TERM=')) ? ['TERM=xterm'] : []), ...(spec.env ?? [])];
    const user = spec.user === undefined ? base.user : userOf(record, spec.user);
    const all = [...this.capabilities];
    const rights = spec.privileged ? { capabilities: { bounding: all, effective: all, permitted: all } } : {};
    return { ...base, ...rights, terminal: spec.tty, args: spec.args, env, cwd: spec.cwd ?? base.cwd, user };
  }

  private filesFor(record: ContainerRecord): ExecFiles {
    const base = join(record.bundle.dir, `exec-${process.pid}-${this.sequence++}`);
    return { process: `${base}.json`, pid: `${base}.pid`, log: `${base}.log`, console: `/tmp/berth-tty-${process.pid}-${this.sequence}` };
  }

  private command(record: ContainerRecord, files: ExecFiles, ...more: string[]): string[] {
    return [
      `--root=${this.crun.root}`,
      `--log=${files.log}`,
      'exec',
      '--process',
      files.process,
      '--pid-file',
      files.pid,
      ...more,
      record.spec.id,
    ];
  }

  private async runOnPipes(record: ContainerRecord, files: ExecFiles, io: ExecIo): Promise<number> {
    const child = spawn(this.crun.program, this.command(record, files), {
      stdio: [io.stdin ? 'pipe' : 'ignore', io.stdout ? 'pipe' : 'ignore', io.stderr ? 'pipe' : 'ignore'],
    });
    const detach = killOnAbort(io.signal, files.pid, child);
    const begun = this.tellBegun(child, files.pid, io);
    child.stdout?.pipe(io.stdout!, { end: false });
    const errors = child.stderr ? this.passErrors(child, files.pid, io.stderr!) : undefined;
    if (child.stdin) {
      child.stdin.on('error', () => undefined); // EPIPE: it does not read its input; its exit code tells
      io.stdin!.pipe(child.stdin);
    }
    try {
      const [code] = await Promise.all([exitOf(child), errors, begun]);
      return code;
    } finally {
      detach();
      if (child.stdin) io.stdin?.unpipe(child.stdin);
    }
  }

  /**
   * What crun itself has to say comes where the program's errors come. It is told by `run`, so nothing is passed on before there is a
   * process.
   */
  private async passErrors(child: ChildProcess, pidFile: string, to: NodeJS.WritableStream): Promise<void> {
    const errors = child.stderr!;
    const held: Buffer[] = [];
    const hold = (chunk: Buffer): void => {
      held.push(chunk);
      errors.pause();
    };
    errors.on('data', hold);
    await new Promise<void>((resolve) => errors.once('data', resolve).once('close', resolve));
    if (held.length === 0) return;
    const hasStarted = await this.hasStarted(child, pidFile);
    errors.off('data', hold);
    if (!hasStarted) return void errors.resume();
    for (const chunk of held) to.write(chunk);
    errors.pipe(to, { end: false });
  }

  private async tellBegun(child: ChildProcess, pidFile: string, { begun }: ExecIo): Promise<void> {
    if (begun && (await this.hasStarted(child, pidFile))) begun(Number(readIfPresent(pidFile)));
  }

  private async hasStarted(child: ChildProcess, pidFile: string): Promise<boolean> {
    for (;;) {
      const isOver = child.exitCode !== null || child.signalCode !== null;
      if (readIfPresent(pidFile) !== undefined) return true;
      if (isOver) return false;
      await this.clock.sleep(1);
    }
  }

  private async runOnTerminal(record: ContainerRecord, files: ExecFiles, io: ExecIo): Promise<number> {
    const terminal = await listenForTerminal(files.console, (ms) => this.clock.sleep(ms));
    const child = spawn(this.crun.program, this.command(record, files, '--tty', '--console-socket', files.console), { stdio: 'ignore' });
    const detach = killOnAbort(io.signal, files.pid, child);
    const ended = exitOf(child);
    const begun = this.tellBegun(child, files.pid, io);
    try {
      const master = await Promise.race([terminal.master, ended.then(() => undefined)]);
      if (master === undefined) return await ended;
      const tty = new Terminal(master);
      tty.connect(io);
      const code = await ended;
      await Promise.all([tty.drained(), begun]);
      return code;
    } finally {
      detach();
      terminal.close();
    }
  }
}

interface ExecFiles {
  process: string;
  pid: string;
  log: string;
  console: string;
}

/** The master side of a terminal as streams. */
class Terminal {
  private readonly input: ReadStream;
  private readonly ended: Promise<void>;

  constructor(private readonly fd: number) {
    this.input = new ReadStream(fd);
    this.ended = finished(this.input).catch(() => undefined); // EIO: the last process closed the other side, which is a terminal's end
  }

  connect(io: ExecIo): void {
    const output = this.input as unknown as NodeJS.ReadWriteStream; // a tty's read stream is a duplex socket
    if (io.stdout) output.pipe(io.stdout, { end: false });
    else this.input.resume();
    io.stdin?.pipe(output, { end: false }); // waits while the program does not read
    io.stdin?.on('end', () => output.write('\x04')); // what a keyboard sends to end input
    this.followSizes(io.resize).catch(() => undefined); // the terminal is gone, and the program's end tells of it
  }

  /** Resolves when all output has been passed on. */
  async drained(): Promise<void> {
    await this.ended;
    this.input.destroy();
  }

  private async followSizes(sizes: ExecIo['resize']): Promise<void> {
    for await (const size of sizes ?? []) {
      if (this.input.destroyed) return;
      setWindowSize(this.fd, size);
    }
  }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 137));
  });
}

/** crun's end does not end what it runs: the process itself is killed, and what it has begun, which would hold its output open. */
function killOnAbort(signal: AbortSignal | undefined, pidFile: string, child: ChildProcess): () => void {
  const onAbort = (): void => {
    readFile(pidFile, 'utf8')
      .then((pid) => [Number(pid), ...descendantsOf(Number(pid))].forEach(killProcess))
      .catch(() => child.kill('SIGKILL')); // it has not begun, or has ended
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  return () => signal?.removeEventListener('abort', onAbort);
}

function userOf(record: ContainerRecord, user: string): OciProcess['user'] {
  const { rootfs } = record.bundle;
  const { uid, gid, additionalGids } = resolveUser(user, {
    passwd: readTextInRoot(rootfs, 'etc/passwd') ?? '',
    group: readTextInRoot(rootfs, 'etc/group') ?? '',
  });
  return { uid, gid, additionalGids };
}
