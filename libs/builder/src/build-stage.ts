import { lookUp } from '#base';
import { BuildError, type BuildStep, type Platform } from './contract.ts';
import { findStage, type Stage } from './dockerfile/dockerfile.ts';
import type { CopyInstruction, StageInstruction } from './dockerfile/instruction.ts';
import { readTrigger } from './dockerfile/logical-lines.ts';
import { parseInstruction } from './dockerfile/parse-instruction.ts';
import { expand, type WordRules } from './dockerfile/words.ts';
import { contextOf, namedContext, type Origin, originOf } from './origins.ts';
import { parsePlatform, platformText, runsHere } from './platform.ts';
import type { BuildSession } from './session.ts';
import { baseStage, sourcesOf } from './stage-plan.ts';
import { copyStep } from './steps/copy-step.ts';
import { absolute, emptyState, envValue, type ImageState, stateFrom } from './steps/image-state.ts';
import { stateOfFiles } from './steps/files-stage.ts';
import { applyMetadata } from './steps/metadata.ts';
import { runStep } from './steps/run-step.ts';
import { workdirStep } from './steps/workdir-step.ts';

/** Builds a stage, and before it those that it stands on. Once per build; stages that need nothing of one another at the same time. */
export function buildStage(session: BuildSession, stage: Stage): Promise<ImageState> {
  const present = session.built.get(stage.index);
  if (present) return present;
  const building = runStage(session, stage);
  session.built.set(stage.index, building);
  building.catch((err: unknown) => session.fail(err));
  return building;
}

async function runStage(session: BuildSession, stage: Stage): Promise<ImageState> {
  if (!session.options.inOrder) for (const needed of session.plan!.needs.get(stage) ?? []) void buildStage(session, needed);
  const base = baseStage(session.dockerfile.stages, baseOf(session, stage).name, stage.index);
  if (base && session.plan!.needs.get(stage)?.includes(base)) await buildStage(session, base); // before this one is said to have begun
  const state = await reported(session, session.stepOf(stage.from), async (step) => {
    const begun = await begin(session, stage);
    const triggers = takeTriggers(session, begun.state, stage.from.line);
    if (triggers.length > 0) session.report({ step, do: 'triggers', count: triggers.length });
    for (const instruction of triggers) await apply(session, begun.state, { stage, instruction, step });
    return begun;
  });
  for (const instruction of stage.instructions) {
    for (const needed of stagesOf(session, stage, instruction)) await buildStage(session, needed);
    await reported(session, session.stepOf(instruction), async (step) => ({
      state,
      cached: await apply(session, state, { stage, instruction, step }),
    }));
  }
  return state;
}

/** What an instruction copies from: it is said to have begun once that is there. */
function stagesOf({ dockerfile, plan }: BuildSession, stage: Stage, instruction: StageInstruction): Stage[] {
  const found = sourcesOf(instruction).flatMap((name) => findStage(dockerfile.stages, name, stage.index) ?? []);
  return found.filter((needed) => plan!.needs.get(stage)?.includes(needed));
}

async function reported(
  session: BuildSession,
  step: BuildStep,
  work: (step: BuildStep) => Promise<{ state: ImageState; cached: boolean }>,
): Promise<ImageState> {
  session.signal.throwIfAborted();
  session.report({ step, do: 'begin' });
  const startedMs = session.clock.monotonicMs();
  const { state, cached } = await work(step);
  const id = state.history.length === 0 && state.layers.length === 0 ? undefined : session.idOf(state);
  session.report({ step, do: 'end', cached, id, ms: session.clock.monotonicMs() - startedMs });
  return state;
}

/** Of a FROM, its variables put in. Throws BuildError. */
export function baseOf(session: BuildSession, { from }: Stage): { name: string; platform: Platform } {
  const rules = session.rules(from.line, (name) => session.scope.args.get(name));
  const name = expand(from.image, rules);
  if (name === '') throw new BuildError(from.line, `base name (${from.image}) should not be blank`);
  const platform = from.platform === undefined ? '' : expand(from.platform, rules);
  try {
    return { name, platform: platform === '' ? session.target : parsePlatform(platform) };
  } catch (err) {
    throw new BuildError(from.line, (err as Error).message, { cause: err });
  }
}

async function begin(session: BuildSession, stage: Stage): Promise<{ state: ImageState; cached: boolean }> {
  const { line } = stage.from;
  const { name, platform } = baseOf(session, stage);
  const named = await namedContext(session, name, line);
  if (named && 'tree' in named) return stateOfFiles(session, named.tree, platform);
  if (!named && name === 'scratch') return { state: emptyState(platform), cached: false };
  const earlier = named ? undefined : baseStage(session.dockerfile.stages, name, stage.index);
  if (earlier) {
    // Its ARGs are in scope here too (Dockerfile reference, "Scope" of ARG).
    return { state: { ...structuredClone(await buildStage(session, earlier)), hasOwnCommand: false }, cached: false };
  }
  const { image, layers } = await session.image(named ? named.image : name, line, platform);
  return { state: stateFrom(image.config, layers), cached: false };
}

/** ONBUILD instructions of the base run now, and are not handed on. */
function takeTriggers(session: BuildSession, state: ImageState, line: number): StageInstruction[] {
  const triggers = state.config.OnBuild ?? [];
  delete state.config.OnBuild;
  return triggers.map((trigger) => {
    const { escape } = session.dockerfile;
    return parseInstruction(readTrigger(trigger, line, escape), escape) as StageInstruction;
  });
}

/** Whether all of it came from the cache. */
async function apply(
  session: BuildSession,
  state: ImageState,
  { stage, instruction, step }: { stage: Stage; instruction: StageInstruction; step: BuildStep },
): Promise<boolean> {
  const rules = session.rules(instruction.line, (name) => envValue(state.config.Env, name) ?? state.args.get(name));
  switch (instruction.do) {
    case 'ARG':
      for (const { name, value } of instruction.args) {
        const own = argValue(session, { name, value }, rules);
        // Named again without a value, it keeps what it has, from a stage below as well.
        if (own !== undefined || !state.args.has(name)) state.args.set(name, own);
      }
      state.history.push(emptyEntry(session, instruction));
      return session.known(['ARG', session.idOf(state), [...state.args]]);
    case 'RUN': {
      demandRunnable(state, instruction.line);
      const origins: Origin[] = [];
      for (const { from } of instruction.mounts) {
        origins.push(from === undefined ? contextOf(session) : await namedOrigin(session, stage, from, instruction.line));
      }
      return session.at(instruction.line, () => runStep(session, state, { instruction, rules, origins, step }));
    }
    case 'WORKDIR':
      state.config.WorkingDir = absolute(expand(instruction.value, rules), state.config.WorkingDir);
      return session.at(instruction.line, () => workdirStep(session, state, instruction.text));
    case 'COPY':
    case 'ADD':
      return copyStep(session, state, { instruction, rules, origin: await copyOrigin(session, stage, { instruction, rules }) });
    default:
      applyMetadata(state, instruction, rules);
      state.history.push(emptyEntry(session, instruction));
      return session.known(['config', session.idOf(state)]);
  }
}

function demandRunnable({ os, architecture, variant }: ImageState, line: number): void {
  const platform = { os, architecture, variant };
  if (runsHere(platform)) return;
  throw new BuildError(
    line,
    `RUN needs a machine of ${platformText(platform)}: exec format error; programs of other platforms are not emulated here`,
  );
}

/** `--build-arg`, else its default, else what the global scope has. */
function argValue(session: BuildSession, { name, value }: { name: string; value?: string }, rules: WordRules): string | undefined {
  const given = lookUp(session.options.buildArgs, name);
  if (given !== undefined) return given;
  return value === undefined ? session.scope.args.get(name) : expand(value, rules);
}

async function copyOrigin(
  session: BuildSession,
  stage: Stage,
  { instruction, rules }: { instruction: CopyInstruction; rules: WordRules },
): Promise<Origin> {
  if (instruction.from === undefined) return contextOf(session);
  const { from: name, line } = instruction;
  if (expand(name, { ...rules, lookup: () => undefined }) !== name) {
    throw new BuildError(
      line,
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
    );
  }
  return namedOrigin(session, stage, name, line);
}

const namedOrigin = (session: BuildSession, stage: Stage, name: string, line: number): Promise<Origin> =>
  originOf(session, stage, { name, line, platform: baseOf(session, stage).platform, build: (needed) => buildStage(session, needed) });

function emptyEntry(session: BuildSession, { text }: { text: string }): NonNullable<ImageState['history']>[number] {
  return { created: session.created, created_by: text, empty_layer: true };
}
