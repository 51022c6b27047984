import { lookUp } from '#base';
import { BuildError } from './contract.ts';
import { findStage, type Stage } from './dockerfile/dockerfile.ts';
import type { CopyInstruction, Instruction, StageInstruction } from './dockerfile/instruction.ts';
import { readTrigger } from './dockerfile/logical-lines.ts';
import { parseInstruction } from './dockerfile/parse-instruction.ts';
import { expand, type WordRules } from './dockerfile/words.ts';
import type { BuildSession } from './session.ts';
import { type CopyOrigin, copyStep } from './steps/copy-step.ts';
import { absolute, emptyState, envValue, type ImageState, stateFrom } from './steps/image-state.ts';
import { applyMetadata } from './steps/metadata.ts';
import { runStep } from './steps/run-step.ts';
import { workdirStep } from './steps/workdir-step.ts';

/** Builds a stage, and before it those that it stands on. Once per build. */
export function buildStage(session: BuildSession, stage: Stage): Promise<ImageState> {
  const present = session.built.get(stage.index);
  if (present) return present;
  const building = runStage(session, stage);
  session.built.set(stage.index, building);
  return building;
}

async function runStage(session: BuildSession, stage: Stage): Promise<ImageState> {
  const { state, triggers } = await begin(session, stage);
  for (const instruction of [...triggers, ...stage.instructions]) await apply(session, state, { stage, instruction });
  return state;
}

async function begin(session: BuildSession, stage: Stage): Promise<{ state: ImageState; triggers: StageInstruction[] }> {
  const { from } = stage;
  const rules = session.rules(from.line, (name) => session.globalArgs.get(name));
  const name = expand(from.image, rules);
  if (name === '') throw new BuildError(from.line, `base name (${from.image}) should not be blank`);
  demandPlatform(session, from.platform === undefined ? undefined : expand(from.platform, rules), from.line);
  if (name === 'scratch') return { state: emptyState(session.architecture), triggers: [] };
  const earlier = findStage(session.dockerfile.stages, name, stage.index);
  // FROM knows stages by name only: a number names an image.
  if (earlier && !/^\d+$/.test(name)) {
    const base = await buildStage(session, earlier);
    // Its ARGs are in scope here too (Dockerfile reference, "Scope" of ARG).
    const state = { ...structuredClone(base), hasOwnCommand: false };
    return { state, triggers: takeTriggers(session, state, from.line) };
  }
  session.options.output(`FROM ${name}\n`);
  const { image, layers } = await session.image(name, from.line);
  const state = stateFrom(image.config, layers);
  return { state, triggers: takeTriggers(session, state, from.line) };
}

/** ONBUILD instructions of the base run now, and are not handed on. */
function takeTriggers(session: BuildSession, state: ImageState, line: number): StageInstruction[] {
  const triggers = state.config.OnBuild ?? [];
  delete state.config.OnBuild;
  return triggers.map((trigger) => {
    const { escape } = session.dockerfile;
    return parseInstruction(readTrigger(trigger, line, escape), escape) as Exclude<Instruction, { do: 'FROM' }>; // refused where it was written
  });
}

function demandPlatform(session: BuildSession, platform: string | undefined, line: number): void {
  if (platform === undefined || platform === '') return;
  const [os, architecture] = platform.split('/');
  if (os === 'linux' && (architecture === undefined || architecture === session.architecture)) return;
  throw new BuildError(line, `--platform=${platform} is not supported: this machine builds linux/${session.architecture}`);
}

async function apply(
  session: BuildSession,
  state: ImageState,
  { stage, instruction }: { stage: Stage; instruction: StageInstruction },
): Promise<void> {
  const rules = session.rules(instruction.line, (name) => envValue(state.config.Env, name) ?? state.args.get(name));
  switch (instruction.do) {
    case 'ARG':
      for (const { name, value } of instruction.args) {
        const own = argValue(session, { name, value }, rules);
        // Named again without a value, it keeps what it has, from a stage below as well.
        if (own !== undefined || !state.args.has(name)) state.args.set(name, own);
      }
      state.history.push(emptyEntry(session, instruction));
      return;
    case 'RUN':
      return session.at(instruction.line, () => runStep(session, state, instruction));
    case 'WORKDIR':
      state.config.WorkingDir = absolute(expand(instruction.value, rules), state.config.WorkingDir);
      return session.at(instruction.line, () => workdirStep(session, state, instruction.text));
    case 'COPY':
    case 'ADD': {
      const origin = await originOf(session, stage, { instruction, rules });
      return copyStep(session, state, { instruction, rules, origin });
    }
    default:
      applyMetadata(state, instruction, rules);
      state.history.push(emptyEntry(session, instruction));
  }
}

/** `--build-arg`, else its default, else what the global scope has. */
function argValue(session: BuildSession, { name, value }: { name: string; value?: string }, rules: WordRules): string | undefined {
  const given = lookUp(session.options.buildArgs, name);
  if (given !== undefined) return given;
  return value === undefined ? session.globalArgs.get(name) : expand(value, rules);
}

async function originOf(
  session: BuildSession,
  stage: Stage,
  { instruction, rules }: { instruction: CopyInstruction; rules: WordRules },
): Promise<CopyOrigin> {
  if (instruction.from === undefined) return { kind: 'context' };
  const { from: name, line } = instruction;
  if (expand(name, { ...rules, lookup: () => undefined }) !== name) {
    throw new BuildError(
      line,
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    );
  }
  const named = findStage(session.dockerfile.stages, name);
  if (named && named.index >= stage.index) {
    const current = stage.name ?? `stage-${stage.index}`;
    throw new BuildError(line, `cannot copy from stage "${name}", it needs to be defined before current stage "${current}"`);
  }
  if (named) return { kind: 'layers', layers: (await buildStage(session, named)).layers };
  if (/^\d+$/.test(name)) throw new BuildError(line, `invalid stage index ${name}`);
  return { kind: 'layers', layers: (await session.image(name, line)).layers };
}

function emptyEntry(session: BuildSession, { text }: { text: string }): NonNullable<ImageState['history']>[number] {
  return { created: session.created, created_by: text, empty_layer: true };
}
