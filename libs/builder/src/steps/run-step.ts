import { basename } from 'node:path';
import { encodeName } from '#base';
import type { BuildMount } from '#runtime/building.contract';
import { BuildError, type BuildStep } from '../contract.ts';
import { heredocText, heredocWord } from '../dockerfile/heredocs.ts';
import type { Instruction } from '../dockerfile/instruction.ts';
import { parseRunMount } from '../dockerfile/run-mount.ts';
import { expand, type WordRules } from '../dockerfile/words.ts';
import type { Origin } from '../origins.ts';
import type { BuildSession } from '../session.ts';
import { argsOf } from './metadata.ts';
import { envValue, type ImageState } from './image-state.ts';
import { mountKeys, withMounts } from './run-mounts.ts';

type Run = Extract<Instruction, { do: 'RUN' }>;
type Script = Extract<BuildMount, { kind: 'file' }>;

interface RunParts {
  instruction: Run;
  rules: WordRules;
  /** Of each mount. */
  origins: readonly Origin[];
  step: BuildStep;
}

/** RUN: a process over the layers so far; what it changes is a layer. Answers whether that was in the cache. */
export async function runStep(session: BuildSession, state: ImageState, { instruction, rules, origins, step }: RunParts): Promise<boolean> {
  const { building, runner } = session.options;
  demandAllowed(session, instruction);
  const { args, script } = commandLine(instruction, state);
  const wanted = instruction.mounts.map(({ text }, i) => ({
    mount: parseRunMount(text, (value) => expand(value, rules)),
    origin: origins[i]!,
  }));
  const declared = [...state.args]
    .filter(([name, value]) => value !== undefined && envValue(state.config.Env, name) === undefined)
    .map(([name, value]) => `${name}=${value}`);
  const env = [...(state.config.Env ?? []), ...declared];
  const cwd = state.config.WorkingDir || '/';
  const user = state.config.User ?? '';
  const network = instruction.network === 'none' ? 'none' : instruction.network === undefined ? session.options.network : undefined;
  const lower = state.layers.map(({ diffId }) => diffId);
  const { insecure } = instruction;
  const program = script && Buffer.from(script.content).toString();
  const key = ['RUN', lower, args, env, cwd, user, session.timestampSeconds, program, network, await mountKeys(wanted), insecure];
  const { layer, cached } = await session.layer(instruction.text, key, async () => {
    const upper = await building.newUpper();
    try {
      const { exitCode } = await withMounts(session, state, wanted, (given) =>
        runner.run({
          // The runtime reads JSON, which has no bytes.
          args: args.map((arg) => arg.toWellFormed()),
          mounts: script ? [...given.mounts, script] : given.mounts,
          // Not in the key: another way to the network gives the same result.
          env: [...env, ...session.scope.proxyEnv(), ...given.env],
          cwd,
          user,
          network,
          insecure,
          bounds: session.options.bounds,
          lower,
          upper: upper.path,
          output: (text) => session.report({ step, do: 'output', text }),
          signal: session.signal,
        }),
      );
      if (exitCode !== 0) {
        const message = `process "${args.join(' ')}" did not complete successfully: exit code: ${exitCode}`;
        throw new BuildError(instruction.line, message, { process: { args, exitCode } });
      }
      return await building.commitLayer(upper.path, { timestampSeconds: session.timestampSeconds, holder: session.holder });
    } finally {
      await upper.remove();
    }
  });
  const createdBy = `RUN ${declared.length > 0 ? `|${declared.length} ${declared.join(' ')} ` : ''}${args.join(' ')}`;
  if (layer) state.layers.push(layer);
  state.history.push({ created: session.created, created_by: createdBy, ...(layer ? {} : { empty_layer: true }) });
  return cached;
}

/** BuildKit's entitlements: what reaches out of the container is asked of whoever starts the build. */
function demandAllowed({ options }: BuildSession, { insecure, line }: Run): void {
  if (insecure && !options.allow?.includes('security.insecure')) throw new BuildError(line, 'security.insecure is not allowed');
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
  const target = `/dev/pipes/${basename(first.name)}`;
  return { args: [target], script: { target, kind: 'file', content: encodeName(content), mode: 0o755, uid: 0, gid: 0 } };
}
