import type { Random } from '#base';
import type { ContainerRuntime, ExecIo, TerminalSize } from '#runtime/containers.contract';
import { badParameter, conflict, notFound } from '../errors.ts';
import { bool, command, list, optional, struct, text, type Of } from './decode.ts';
import type { ContainerRecord } from './record.ts';

export const execShape = struct({
  User: text(),
  Privileged: bool,
  Tty: bool,
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  DetachKeys: optional(text()),
  Env: list(text()),
  WorkingDir: text(),
  Cmd: command,
});

export interface Exec {
  id: string;
  container: ContainerRecord;
  settings: Of<typeof execShape>;
  state: 'new' | 'running' | 'ended';
  exitCode: number | null;
  /** As the host counts; 0 until it has begun. */
  pid: number;
  sizes: Sizes;
}

/** Sizes of a terminal as they are asked for, for whoever runs the process. The last one counts. */
export class Sizes implements AsyncIterable<TerminalSize> {
  private next: TerminalSize | undefined;
  private wake = (): void => undefined;
  private over = false;

  push(size: TerminalSize): void {
    this.next = size;
    this.wake();
  }

  end(): void {
    this.over = true;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TerminalSize> {
    while (!this.over) {
      const size = this.next;
      this.next = undefined;
      if (size) yield size;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

/** Where processes run. */
export interface ExecHost {
  runtime: Pick<ContainerRuntime, 'exec'>;
  demandRunning(record: ContainerRecord): void;
  status(record: ContainerRecord): string;
  emit(record: ContainerRecord, action: string, more?: Record<string, string>): void;
}

/** Ended ones that `inspect` still knows. */
const REMEMBERED = 1000;

/** Further processes in running containers. They are this engine's own: one that starts anew knows none. */
export class Execs {
  private readonly byId = new Map<string, Exec>();

  constructor(
    private readonly containers: ExecHost,
    private readonly random: Random,
  ) {}

  create(container: ContainerRecord, body: Record<string, unknown> | undefined): Exec {
    const settings = execShape(body, 'ExecConfig');
    if (!settings.Cmd || settings.Cmd.length === 0) throw badParameter('No exec command specified');
    this.containers.demandRunning(container);
    if (this.containers.status(container) === 'paused')
      throw conflict(`Container ${container.name} is paused, unpause the container before exec`);
    const exec: Exec = {
      id: this.random.bytes(32).toString('hex'),
      container,
      settings,
      state: 'new',
      exitCode: null,
      pid: 0,
      sizes: new Sizes(),
    };
    this.forgetOldest();
    this.byId.set(exec.id, exec);
    this.containers.emit(container, `exec_create: ${settings.Cmd.join(' ')}`, { execID: exec.id });
    return exec;
  }

  /** Throws 404. */
  find(id: string): Exec {
    const exec = this.byId.get(id);
    if (!exec) throw notFound(`No such exec instance: ${id}`);
    return exec;
  }

  of(container: ContainerRecord): Exec[] {
    return [...this.byId.values()].filter((exec) => exec.container === container && exec.state === 'running');
  }

  /** Throws 409 for one that was started before. */
  claim(exec: Exec): void {
    if (exec.state !== 'new')
      throw conflict(`Error: Exec command ${exec.id} ${exec.state === 'running' ? 'is already running' : 'has already run'}`);
    this.containers.demandRunning(exec.container);
    exec.state = 'running';
  }

  /** Runs what was claimed; resolves when it has ended. */
  async run(exec: Exec, io: ExecIo): Promise<void> {
    const { settings, container } = exec;
    this.containers.emit(container, `exec_start: ${settings.Cmd!.join(' ')}`, { execID: exec.id });
    try {
      const { exitCode } = await this.containers.runtime.exec(
        container.id,
        {
          args: settings.Cmd!,
          env: settings.Env,
          tty: settings.Tty,
          ...(settings.WorkingDir && { cwd: settings.WorkingDir }),
          ...(settings.User && { user: settings.User }),
          ...(settings.Privileged && { privileged: true }),
        },
        { ...io, resize: exec.sizes, begun: (pid) => void (exec.pid = pid) },
      );
      exec.exitCode = exitCode;
    } catch (err) {
      exec.exitCode = /permission denied/.test((err as Error).message) ? 126 : 127;
      throw err;
    } finally {
      exec.state = 'ended';
      exec.sizes.end();
      this.containers.emit(container, 'exec_die', { execID: exec.id, exitCode: String(exec.exitCode ?? 0) });
    }
  }

  forget({ id }: Exec): void {
    this.byId.delete(id);
  }

  private forgetOldest(): void {
    if (this.byId.size < REMEMBERED) return;
    for (const [id, { state }] of this.byId) {
      if (state === 'running') continue;
      this.byId.delete(id);
      return;
    }
  }
}
