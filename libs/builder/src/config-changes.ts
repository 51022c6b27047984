import type { ImageConfig } from '#runtime/images.contract';
import { BuildError } from './contract.ts';
import { readLogicalLines } from './dockerfile/logical-lines.ts';
import { parseInstruction } from './dockerfile/parse-instruction.ts';
import { hostPlatform } from './platform.ts';
import { absolute, emptyState, envValue } from './steps/image-state.ts';
import { applyMetadata, type MetadataInstruction } from './steps/metadata.ts';
import { expand } from './dockerfile/words.ts';

type RunConfig = NonNullable<ImageConfig['config']>;

/** Docker's: `docker commit --change`, "Commit a container with new configurations". */
const allowed = new Set([
  'CMD',
  'ENTRYPOINT',
  'HEALTHCHECK',
  'ENV',
  'EXPOSE',
  'LABEL',
  'ONBUILD',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
]);

/** A configuration as instructions of a Dockerfile change it. Pure. Throws BuildError. */
export function changedConfig(config: RunConfig, changes: readonly string[]): RunConfig {
  const { lines, escape } = readLogicalLines(changes.join('\n'));
  for (const { keyword, line, text } of lines) {
    if (!allowed.has(keyword)) throw new BuildError(line, `${text.split(/\s/)[0]} is not a valid change command`);
  }
  const state = { ...emptyState(hostPlatform), config: structuredClone(config) };
  for (const line of lines) {
    const instruction = parseInstruction(line, escape);
    const rules = { line: line.line, escape, lookup: (name: string) => envValue(state.config.Env, name) };
    if (instruction.do === 'WORKDIR') state.config.WorkingDir = absolute(expand(instruction.value, rules), state.config.WorkingDir);
    else applyMetadata(state, instruction as MetadataInstruction, rules);
  }
  return state.config;
}
