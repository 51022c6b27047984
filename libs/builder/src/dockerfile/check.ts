import type { Dockerfile, Stage } from './dockerfile.ts';
import type { Instruction } from './instruction.ts';
import type { LogicalLine } from './logical-lines.ts';
import { suggestion } from './suggestion.ts';

/** What works and should be otherwise: a rule of Docker's build checks, https://docs.docker.com/reference/build-checks/. */
export interface Violation {
  rule: string;
  line: number;
  text: string;
}

/** Rules that need nothing but the Dockerfile. Less those that `# check=skip=` leaves out. In the order of the lines. Pure. */
export function checkDockerfile(dockerfile: Dockerfile, text: string): Violation[] {
  const { skip } = dockerfile.check;
  const found = [
    ...casing(dockerfile.lines),
    ...dockerfile.lines.flatMap((line) => emptyContinuation(line, text.split(/\r?\n/))),
    ...dockerfile.stages.flatMap((stage) => [...ofFrom(dockerfile, stage), ...ofStage(stage)]),
    ...dockerfile.lines.flatMap(legacyPairs),
    ...[...dockerfile.globalArgs, ...dockerfile.stages.flatMap(({ instructions }) => instructions)].flatMap(secrets),
  ];
  return found.filter(({ rule }) => !skip.includes('all') && !skip.includes(rule)).sort((a, b) => a.line - b.line);
}

/** Where a rule is explained. */
export const ruleUrl = (rule: string): string =>
  `https://docs.docker.com/go/dockerfile/rule/${rule.replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase()}/`;

const keywordOf = ({ text }: LogicalLine): string => /^\S+/.exec(text)![0];
const isLower = (word: string): boolean => word === word.toLowerCase();
const isUpper = (word: string): boolean => word === word.toUpperCase();

function casing(lines: readonly LogicalLine[]): Violation[] {
  const words = lines.map(keywordOf);
  const mostly = words.filter(isLower).length > words.filter(isUpper).length ? 'lowercase' : 'uppercase';
  return lines.flatMap((line, i) => {
    const word = words[i]!;
    if (mostly === 'lowercase' ? isLower(word) : isUpper(word)) return [];
    const text = `Command '${word}' should match the case of the command majority (${mostly})`;
    return [{ rule: 'ConsistentInstructionCasing', line: line.line, text }];
  });
}

/** A row that holds nothing, and what is continued goes on after it. */
function emptyContinuation({ line, lastLine, heredocs }: LogicalLine, rows: readonly string[]): Violation[] {
  const last = lastLine - heredocs.reduce((sum, { content }) => sum + content.split('\n').length, 0);
  const isEmpty = rows.slice(line - 1, last).some((row) => row.trim() === '');
  return isEmpty ? [{ rule: 'NoEmptyContinuation', line: last, text: 'Empty continuation line' }] : [];
}

function ofFrom({ globalArgs, lines }: Dockerfile, { from }: Stage): Violation[] {
  const { line, platform, image } = from;
  const found: Violation[] = [];
  const add = (rule: string, text: string): void => void found.push({ rule, line, text });
  const { rest = '', text = '' } = lines.find((one) => one.line === line) ?? {};
  const [, as, name] = /\s(as)\s+(\S+)\s*$/i.exec(rest) ?? [];
  const keyword = /^\S+/.exec(text)?.[0] ?? 'FROM';
  if (name !== undefined && !isLower(name)) add('StageNameCasing', `Stage name '${name}' should be lowercase`);
  if (name !== undefined && ['scratch', 'context'].includes(name.toLowerCase()))
    add('ReservedStageName', `Stage name should not use the same name as reserved stage "${name}"`);
  if (as !== undefined && (isLower(as) !== isLower(keyword) || isUpper(as) !== isUpper(keyword)))
    add('FromAsCasing', `'${as}' and '${keyword}' keywords' casing do not match`);
  const target = /^\$\{?(TARGETPLATFORM)\}?$/.exec(platform ?? '')?.[0];
  if (target !== undefined)
    add('RedundantTargetPlatform', `Setting platform to predefined ${target} in FROM is redundant as this is the default behavior`);
  if (platform !== undefined && !platform.includes('$') && !platform.split('/').some((part) => (name ?? '').toLowerCase().includes(part)))
    add('FromPlatformFlagConstDisallowed', `FROM --platform flag should not use constant value "${platform}"`);
  const known = globalArgs.filter((arg) => arg.line < line).flatMap(({ args }) => args.map((arg) => arg.name));
  for (const [, variable] of `${image} ${platform ?? ''}`.matchAll(/\$\{?([A-Za-z_]\w*)/g)) {
    if (!known.includes(variable!) && !/^(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT|OSVERSION|STAGE)$/.test(variable!))
      add('UndefinedArgInFrom', `FROM argument '${variable}' is not declared${suggestion(variable!, known)}`);
  }
  return found;
}

function ofStage({ instructions }: Stage): Violation[] {
  const found: Violation[] = [];
  const last = new Map(instructions.map((instruction) => [instruction.do, instruction] as const));
  let hasShell = false;
  let hasWorkdir = false;
  for (const instruction of instructions) {
    const add = (rule: string, text: string): void => void found.push({ rule, line: instruction.line, text });
    const keyword = instruction.do;
    if (['CMD', 'ENTRYPOINT', 'HEALTHCHECK'].includes(keyword) && last.get(keyword) !== instruction)
      add(
        'MultipleInstructionsDisallowed',
        `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
      );
    if (keyword === 'SHELL') hasShell = true;
    if (keyword === 'MAINTAINER') add('MaintainerDeprecated', 'Maintainer instruction is deprecated in favor of using label');
    if ((keyword === 'CMD' || keyword === 'ENTRYPOINT') && instruction.command.form === 'shell' && !hasShell)
      add('JSONArgsRecommended', `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`);
    if (keyword === 'WORKDIR') {
      if (!hasWorkdir && !/^["']?[/$]/.test(instruction.value))
        add('WorkdirRelativePath', `Relative workdir "${instruction.value}" can have unexpected results if the base image changes`);
      hasWorkdir = true;
    }
    if (keyword === 'EXPOSE') {
      for (const port of instruction.words.filter((word) => /\/.*[A-Z]/.test(word)))
        add('ExposeProtoCasing', `Defined protocol '${port}' in EXPOSE instruction should be lowercase`);
    }
  }
  return found;
}

function legacyPairs({ keyword, rest, line }: LogicalLine): Violation[] {
  if ((keyword !== 'ENV' && keyword !== 'LABEL') || !/^[^\s=]+\s/.test(rest)) return [];
  const text = `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`;
  return [{ rule: 'LegacyKeyValueFormat', line, text }];
}

const sensitive = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const open = /(?:_|^)public(?:_|$)/i;

function secrets(instruction: Instruction): Violation[] {
  const names =
    instruction.do === 'ARG'
      ? instruction.args.map(({ name }) => name)
      : instruction.do === 'ENV'
        ? instruction.pairs.map(([name]) => name)
        : [];
  return names
    .filter((name) => sensitive.test(name) && !open.test(name))
    .map((name) => ({
      rule: 'SecretsUsedInArgOrEnv',
      line: instruction.line,
      text: `Do not use ARG or ENV instructions for sensitive data (${instruction.do} "${name}")`,
    }));
}
