import { BuildError } from '../contract.ts';
import type { Instruction } from '../dockerfile/instruction.ts';
import type { BuildSession } from '../session.ts';
import { argsOf } from './metadata.ts';
import { envValue, type ImageState } from './image-state.ts';

type Run = Extract<Instruction, { do: 'RUN' }>;

/** RUN: a process over the layers so far; what it changes is a layer. */
export async function runStep(session: BuildSession, state: ImageState, instruction: Run): Promise<void> {
  const { building, runner, output, signal } = session.options;
  const args = commandLine(instruction, state);
  const declared = [...state.args]
    .filter(([name, value]) => value !== undefined && envValue(state.config.Env, name) === undefined)
    .map(([name, value]) => `${name}=${value}`);
  const env = [...(state.config.Env ?? []), ...declared];
  const cwd = state.config.WorkingDir || '/';
  const user = state.config.User ?? '';
  const key = ['RUN', state.layers.map(({ diffId }) => diffId), args, env, cwd, user, session.timestampSeconds];
  const layer = await session.step(instruction.text, key, async () => {
    const upper = await building.newUpper();
    try {
      const lower = state.layers.map(({ diffId }) => diffId);
      const { exitCode } = await runner.run({
        args,
        env: [...env, ...session.proxyEnv()],
        cwd,
        user,
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

/** A here-document alone is a script; one after a command is that command's input, which the shell sees to. */
function commandLine({ command, heredocs, line }: Run, state: ImageState): string[] {
  if (command.form === 'exec' || heredocs.length === 0) return argsOf(command, state.config.Shell);
  const alone = /^<<-?["']?[A-Za-z_][A-Za-z0-9_]*["']?$/.test(command.text.trim());
  const first = heredocs[0]!;
  if (alone && first.content.startsWith('#!')) throw new BuildError(line, 'RUN with a here-document that begins with #! is not supported');
  const text = alone ? first.content : `${command.text}\n${heredocs.map(({ name, content }) => `${content}${name}\n`).join('')}`;
  return argsOf({ form: 'shell', text }, state.config.Shell);
}
