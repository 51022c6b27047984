import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '#telemetry';
import { RuntimeError } from '../contract.ts';
import { runProgram, SealedProgram } from '../host/index.ts';
import { engineWords, wordsOf } from './engine-words.ts';

/** The OCI runtime's command line. */
export class Crun {
  constructor(
    readonly program: string,
    readonly root: string,
  ) {}

  /** For those who start it themselves, such as conmon and `exec`. `--root` keeps its state apart from other tools'. */
  command(...args: string[]): [string, ...string[]] {
    return [this.program, `--root=${this.root}`, ...args];
  }

  /**
   * A created container waits for a byte on this fifo. `crun start` writes it, after which there is nothing left for it to do: Berth's
   * containers have no hooks. Should nobody wait there, it is asked to, and says why it cannot.
   */
  async start(id: string): Promise<void> {
    if (release(join(this.root, id, 'exec.fifo'))) return;
    this.must('start-failed', await runProgram(this.command('start', id)));
  }

  /** By the freezer of its cgroup. Throws 'not-running', as `resume` and `update` do. */
  async pause(id: string): Promise<void> {
    this.must('not-running', await runProgram(this.command('pause', id)));
  }

  async resume(id: string): Promise<void> {
    this.must('not-running', await runProgram(this.command('resume', id)));
  }

  /** `file` holds OCI runtime-spec's `linux.resources`. */
  async update(id: string, file: string): Promise<void> {
    this.must('not-running', await runProgram(this.command('update', '--resources', file, id)));
  }

  /** Idempotent: kills what is left and forgets the container. */
  async delete(id: string): Promise<void> {
    const result = await runProgram(this.command('delete', '--force', id));
    if (result.code !== 0 && !/does not exist|No such file/.test(result.stderr)) this.must('not-running', result);
  }

  private must(code: RuntimeError['code'], result: { code: number; stderr: string }): void {
    if (result.code !== 0) throw new RuntimeError(code, engineWords(result.stderr), { cause: new Error(wordsOf(result.stderr)) });
  }
}

function release(fifo: string): boolean {
  try {
    const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      unlinkSync(fifo); // first, as crun does: its absence tells a started container from a created one
      writeSync(fd, '\0');
      return true;
    } finally {
      closeSync(fd);
    }
  } catch (err) {
    if (['ENOENT', 'ENXIO', 'EPIPE'].includes((err as NodeJS.ErrnoException).code ?? '')) return false;
    throw err;
  }
}

/** undefined where memory must not be executed (sysctl vm.memfd_noexec): then the program makes its own copies. */
export function sealed(program: string, logger: Logger): SealedProgram | undefined {
  try {
    return SealedProgram.copyOf(program);
  } catch (err) {
    logger.warn({ err, program }, 'the OCI runtime cannot be kept in memory; containers start more slowly');
    return undefined;
  }
}
