import { type CommandResult, runCommand } from '#base';
import { RuntimeError } from '../contract.ts';

/** The OCI runtime's command line. */
export class Crun {
  constructor(
    readonly program: string,
    readonly root: string,
  ) {}

  command(...args: string[]): [string, ...string[]] {
    return [this.program, `--root=${this.root}`, ...args];
  }

  async start(id: string): Promise<void> {
    this.must('start-failed', await runCommand(this.command('start', id)));
  }

  async pause(id: string): Promise<void> {
    this.must('not-running', await runCommand(this.command('pause', id)));
  }

  async resume(id: string): Promise<void> {
    this.must('not-running', await runCommand(this.command('resume', id)));
  }

  /** `file` holds OCI runtime-spec's `linux.resources`. */
  async update(id: string, file: string): Promise<void> {
    this.must('not-running', await runCommand(this.command('update', '--resources', file, id)));
  }

  /** Idempotent: kills what is left and forgets the container. */
  async delete(id: string): Promise<void> {
    const result = await runCommand(this.command('delete', '--force', id));
    if (result.code !== 0 && !/does not exist|No such file/.test(result.stderr)) this.must('not-running', result);
  }

  private must(code: RuntimeError['code'], result: CommandResult): void {
    if (result.code !== 0) throw new RuntimeError(code, wordsOf(result.stderr));
  }
}

/** crun prefixes a time stamp: `2026-01-01T00:00:00.000000Z: executable file …`. */
export function wordsOf(stderr: string): string {
  return stderr
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z: /, ''))
    .join('; ');
}
