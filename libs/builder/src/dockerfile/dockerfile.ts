import { BuildError } from '../contract.ts';
import type { Instruction, StageInstruction } from './instruction.ts';
import type { CheckRules } from './directives.ts';
import { type LogicalLine, readLogicalLines } from './logical-lines.ts';
import { parseInstruction } from './parse-instruction.ts';

type From = Extract<Instruction, { do: 'FROM' }>;
type Arg = Extract<Instruction, { do: 'ARG' }>;

export interface Stage {
  /** From 0. */
  index: number;
  name?: string;
  from: From;
  instructions: StageInstruction[];
}

export interface Dockerfile {
  /** Of the whole file, and for the ONBUILD triggers that its bases bring. */
  escape: '\\' | '`';
  /** Before the first FROM: known to FROMs, and to stages that declare them again. */
  globalArgs: Arg[];
  stages: Stage[];
  /** As they stand in the file. */
  lines: LogicalLine[];
  check: CheckRules;
}

/** Throws BuildError with the line of the first mistake. */
export function parseDockerfile(text: string): Dockerfile {
  const { lines, escape, check } = readLogicalLines(text);
  const result: Dockerfile = {
    escape,
    globalArgs: [],
    stages: [],
    lines,
    check,
  };
  for (const line of lines) {
    const instruction = parseInstruction(line, escape);
    const stage = result.stages.at(-1);
    if (instruction.do === 'FROM') {
      if (instruction.alias && result.stages.some(({ name }) => name === instruction.alias)) {
        throw new BuildError(line.line, `duplicate name ${instruction.alias}`);
      }
      result.stages.push({ index: result.stages.length, name: instruction.alias, from: instruction, instructions: [] });
    } else if (stage) {
      stage.instructions.push(instruction);
    } else if (instruction.do === 'ARG') {
      result.globalArgs.push(instruction);
    } else {
      throw new BuildError(line.line, `dockerfile parse error on line ${line.line}: no build stage in current context`);
    }
  }
  if (result.stages.length === 0)
    throw new BuildError(undefined, lines.length === 0 ? 'file with no instructions' : 'dockerfile contains no stages to build');
  return result;
}

/**
 * By name or number. `before`: only stages that come earlier can be meant. Names count in any case, as in Docker; a name goes before a
 * number.
 */
export function findStage(stages: readonly Stage[], name: string, before = stages.length): Stage | undefined {
  const candidates = stages.slice(0, before);
  return candidates.find((stage) => stage.name === name.toLowerCase()) ?? (/^\d+$/.test(name) ? candidates[Number(name)] : undefined);
}
