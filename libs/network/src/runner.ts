import { writeFile } from 'node:fs/promises';
import { CommandFailed, type CommandResult, runCommand } from '#base';

/** What the network needs of the host. The default is this process's own network namespace; specs work in another one. */
export interface Runner {
  /** Resolves with the exit code, whatever it is; `input` is the program's stdin. */
  run(command: readonly [string, ...string[]], input?: string): Promise<CommandResult>;
  /** `net.ipv4.ip_forward` and the like. */
  sysctl(name: string, value: string): Promise<void>;
}

/** In the namespace of this process. */
export const hostRunner: Runner = {
  run: (command, input) => runCommand(command, { input }),
  sysctl: (name, value) => writeFile(`/proc/sys/${name.replaceAll('.', '/')}`, value),
};

/** Runs everything inside the network namespace at `path`, a file such as /proc/PID/ns/net or a bind mount of one. */
export function runnerIn(path: string): Runner {
  const run: Runner['run'] = (command, input) => runCommand(['nsenter', `--net=${path}`, '--', ...command], { input });
  return {
    run,
    sysctl: async (name, value) => {
      const file = `/proc/sys/${name.replaceAll('.', '/')}`;
      await must({ run, sysctl: () => Promise.resolve() }, ['tee', file], value);
    },
  };
}

/** Runs a command that has to succeed; returns what it printed. */
export async function must(runner: Runner, command: readonly [string, ...string[]], input?: string): Promise<string> {
  const result = await runner.run(command, input);
  if (result.code !== 0) throw new CommandFailed(command, result);
  return result.stdout;
}

/** One `ip` process for many commands; the first that fails ends it. */
export const ipBatch = (runner: Runner, lines: readonly string[]): Promise<string> =>
  must(runner, ['ip', '-batch', '-'], `${lines.join('\n')}\n`);
