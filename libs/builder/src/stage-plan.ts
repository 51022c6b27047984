import { BuildError, type BuildStep } from './contract.ts';
import { type Dockerfile, findStage, type Stage } from './dockerfile/dockerfile.ts';
import type { StageInstruction } from './dockerfile/instruction.ts';

type Positioned = Stage['from'] | StageInstruction;

/** What has to be built for a target: no stage that nothing of it needs, and every instruction with its place. */
export interface StagePlan {
  /** In the order of the file. */
  stages: Stage[];
  /** Stages that a stage stands on or copies from. */
  needs: ReadonlyMap<Stage, readonly Stage[]>;
  steps: ReadonlyMap<Positioned, BuildStep>;
}

/** Pure. `baseOf`: a stage's FROM with its variables put in. `isNamed`: a `--build-context` stands for the name. */
export function planStages(
  { stages }: Dockerfile,
  target: Stage,
  { baseOf, isNamed }: { baseOf: (stage: Stage) => string; isNamed: (name: string) => boolean },
): StagePlan {
  const needs = new Map<Stage, Stage[]>();
  const add = (stage: Stage): void => {
    if (needs.has(stage)) return;
    const found = needsOf(stages, stage, baseOf(stage)).filter(({ name }) => !isNamed(name));
    const own = [...new Set(found.map(({ needed }) => needed))];
    needs.set(stage, own);
    own.forEach(add);
  };
  add(target);
  const built = stages.filter((stage) => needs.has(stage));
  const total = built.reduce((sum, { instructions }) => sum + instructions.length + 1, 0);
  const steps = new Map<Positioned, BuildStep>();
  for (const stage of built) {
    const instructions: Positioned[] = [stage.from, ...stage.instructions];
    for (const [i, instruction] of instructions.entries()) {
      steps.set(instruction, {
        number: steps.size + 1,
        total,
        stage: stage.name ?? (built.length > 1 ? `stage-${stage.index}` : ''),
        ofStage: { number: i + 1, total: instructions.length },
        keyword: instruction.do,
        text: instruction.text,
      });
    }
  }
  return { stages: built, needs, steps };
}

/** FROM knows stages by name only: a number names an image. */
export function baseStage(stages: readonly Stage[], base: string, before: number): Stage | undefined {
  return /^\d+$/.test(base) ? undefined : findStage(stages, base, before);
}

function needsOf(stages: readonly Stage[], stage: Stage, base: string): { name: string; needed: Stage }[] {
  const below = baseStage(stages, base, stage.index);
  const found = below ? [{ name: base, needed: below }] : [];
  for (const instruction of stage.instructions) {
    for (const name of sourcesOf(instruction)) {
      const needed = findStage(stages, name, stage.index);
      if (needed) found.push({ name, needed });
    }
  }
  return found;
}

/** Names of stages, images and contexts that an instruction takes files from. */
export function sourcesOf(instruction: StageInstruction): string[] {
  if (instruction.do === 'COPY' || instruction.do === 'ADD') return instruction.from === undefined ? [] : [instruction.from];
  return instruction.do === 'RUN' ? instruction.mounts.flatMap(({ from }) => from ?? []) : [];
}

/** The target that a name or number means; the last stage when there is none. Throws BuildError. */
export function targetStage({ stages }: Dockerfile, target: string | undefined, suggestion: (names: string[]) => string): Stage {
  const stage = target === undefined ? stages.at(-1) : findStage(stages, target);
  const names = stages.flatMap(({ name }) => name ?? []);
  if (!stage) throw new BuildError(undefined, `target stage "${target}" could not be found${suggestion(names)}`);
  return stage;
}
