import { spawn } from 'node:child_process';

/** How a program ended and what it printed, read as UTF-8. `code` is 137 for one that a signal ended, as a shell has it for SIGKILL. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A program that could be started and did not succeed. The message has what it said on stderr, else on stdout. */
export class CommandFailed extends Error {
  constructor(
    readonly command: readonly string[],
    readonly result: CommandResult,
  ) {
    super(`${command.join(' ')}: exit ${result.code}: ${result.stderr.trim() || result.stdout.trim()}`);
  }
}

/**
 * Runs a program without a shell: the arguments reach it as they are. Resolves with its exit code, whatever it is. Rejects when it cannot
 * be started (ENOENT) and when `signal` aborts. All that it prints is kept in memory: not for programs that print without end.
 */
export function runCommand(
  command: readonly [string, ...string[]],
  { input, cwd, env, signal }: { input?: string | Uint8Array; cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<CommandResult> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, signal, stdio: ['pipe', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code: code ?? 137, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
    child.stdin.on('error', () => undefined); // EPIPE: the program ended before it read its input; its exit code tells
    child.stdin.end(input);
  });
}

/** Like `runCommand`, but a non-zero exit is an error that carries what the program printed. */
export async function mustRun(command: readonly [string, ...string[]], options: Parameters<typeof runCommand>[1] = {}): Promise<string> {
  const result = await runCommand(command, options);
  if (result.code !== 0) throw new CommandFailed(command, result);
  return result.stdout;
}
