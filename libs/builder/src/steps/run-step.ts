import { basename } from 'node:path';
import type { BuildRunner } from '#runtime/building.contract';
import { BuildError } from '../contract.ts';
import { heredocText, heredocWord } from '../dockerfile/heredocs.ts';
import type { Instruction } from '../dockerfile/instruction.ts';
import type { BuildSession } from '../session.ts';
import { argsOf } from './metadata.ts';
import { envValue, type ImageState } from './image-state.ts';

type Run = Extract<Instruction, { do: 'RUN' }>;
type Script = Parameters<BuildRunner['run']>[0]['script'];

/** RUN: a process over the layers so far; what it changes is a layer. */
export async function runStep(session: BuildSession, state: ImageState, instruction: Run): Promise<void> {
  const { building, runner, output, signal } = session.options;
  const { args, script } = commandLine(instruction, state);
  const declared = [...state.args]
    .filter(([name, value]) => value !== undefined && envValue(state.config.Env, name) === undefined)
    .map(([name, value]) => `${name}=${value}`);
  const env = [...(state.config.Env ?? []), ...declared];
  const cwd = state.config.WorkingDir || '/';
  const user = state.config.User ?? '';
  const key = [
    'RUN',
    state.layers.map(({ diffId }) => diffId),
    args,
    env,
    cwd,
    user,
    session.timestampSeconds,
    script,
    instruction.network,
  ];
  const layer = await session.step(instruction.text, key, async () => {
    const upper = await building.newUpper();
    try {
      const lower = state.layers.map(({ diffId }) => diffId);
      const { exitCode } = await runner.run({
        args,
        script,
        // Not in the key: another way to the network gives the same result.
        env: [...env, ...session.proxyEnv()],
        cwd,
        user,
        network: instruction.network,
        lower,
        upper: upper.path,
        output,
        signal,
      });
      if (exitCode !== 0) {
        throw new BuildError(instruction.line, `process "${args.join(' ')}" did not complete successfully: exit code: ${exitCode}`);
      }
      return await building.commitLayer(upper.path, { timestampSeconds: session.timestampSeconds });
    } finally {
      await upper.remove();
    }
  });
  const createdBy = `RUN ${declared.length > 0 ? `|${declared.length} ${declared.join(' ')} ` : ''}${args.join(' ')}`;
  if (layer) state.layers.push(layer);
  state.history.push({ created: session.created, created_by: createdBy, ...(layer ? {} : { empty_layer: true }) });
}

/**
 * A here-document alone is a script: for the shell, or a program of its own when it names one in its first line. After a command
 * here-documents are that command's input, which the shell sees to.
 */
function commandLine({ command, heredocs }: Run, state: ImageState): { args: string[]; script?: Script } {
  const [first] = heredocs;
  if (command.form === 'exec' || !first) return { args: argsOf(command, state.config.Shell) };
  const shell = (text: string): { args: string[] } => ({ args: argsOf({ form: 'shell', text }, state.config.Shell) });
  if (!heredocWord(command.text)) {
    return shell([command.text, ...heredocs.map(({ name, content }) => `${content}${name}`)].join('\n'));
  }
  const content = heredocText(first);
  if (!content.startsWith('#!')) return shell(content);
  const path = `/dev/pipes/${basename(first.name)}`;
  return { args: [path], script: { path, content } };
}
