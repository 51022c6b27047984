import { BuildError } from '../contract.ts';
import type { Command, CopyInstruction, HealthcheckInstruction, Instruction } from './instruction.ts';
import type { LogicalLine } from './logical-lines.ts';
import { splitWords } from './words.ts';

type Source = LogicalLine & { escape: string };
type Parser = (source: Source) => Instruction;

const argName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Docker's words for what it refuses, with the line. */
export function parseInstruction(line: LogicalLine, escape: string): Instruction {
  const parser = parsers[line.keyword];
  if (!parser) throw new BuildError(line.line, `dockerfile parse error on line ${line.line}: unknown instruction: ${line.keyword}`);
  return parser({ ...line, escape });
}

const parsers: Readonly<Record<string, Parser>> = {
  FROM: parseFrom,
  ARG: (source) => ({ ...headOf(source, 'ARG'), args: needed(source).map((word) => parseArg(word, source)) }),
  ENV: (source) => ({ ...headOf(source, 'ENV'), pairs: parsePairs(source) }),
  LABEL: (source) => ({ ...headOf(source, 'LABEL'), pairs: parsePairs(source) }),
  RUN: parseRun,
  CMD: (source) => ({ ...headOf(source, 'CMD'), command: commandOf(source.rest) }),
  ENTRYPOINT: (source) => ({ ...headOf(source, 'ENTRYPOINT'), command: commandOf(source.rest) }),
  SHELL: parseShell,
  EXPOSE: (source) => ({ ...headOf(source, 'EXPOSE'), words: needed(source) }),
  VOLUME: (source) => ({ ...headOf(source, 'VOLUME'), words: parseVolumes(source) }),
  USER: (source) => ({ ...headOf(source, 'USER'), value: single(source) }),
  WORKDIR: (source) => ({ ...headOf(source, 'WORKDIR'), value: neededText(source) }),
  STOPSIGNAL: (source) => ({ ...headOf(source, 'STOPSIGNAL'), value: single(source) }),
  MAINTAINER: (source) => ({ ...headOf(source, 'MAINTAINER'), value: neededText(source) }),
  ONBUILD: parseOnbuild,
  COPY: (source) => parseCopy(source, 'COPY'),
  ADD: (source) => parseCopy(source, 'ADD'),
  HEALTHCHECK: parseHealthcheck,
};

function headOf<K extends string>(source: Source, keyword: K): { do: K; line: number; text: string } {
  return { do: keyword, line: source.line, text: `${keyword} ${source.rest}` };
}

function parseFrom(source: Source): Instruction {
  const { flags, words } = flagged(source, ['platform']);
  const [image, as, alias] = words;
  const wellFormed = words.length === 1 || (words.length === 3 && as?.toLowerCase() === 'as');
  if (!image || !wellFormed) fail(source, 'FROM requires either one or three arguments');
  if (alias !== undefined && !/^[a-z][a-z0-9._-]*$/.test(alias.toLowerCase())) {
    fail(source, `invalid name for build stage: "${alias}", name can't start with a number or contain symbols`);
  }
  const platform = flags.get('platform');
  return { ...headOf(source, 'FROM'), image, ...(alias && { alias: alias.toLowerCase() }), ...(platform && { platform }) };
}

function parseArg(word: string, source: Source): { name: string; value?: string } {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  if (!argName.test(name)) fail(source, `ARG names can not be blank or hold other than letters, digits and '_': ${word}`);
  return equals < 0 ? { name } : { name, value: word.slice(equals + 1) };
}

/** `name=value …`, or the older `name rest of the line`. */
function parsePairs(source: Source): [string, string][] {
  const words = needed(source);
  const [first = ''] = words;
  if (!first.includes('=')) {
    const value = source.rest.slice(first.length).trim();
    if (value === '') fail(source, `${source.keyword} must have two arguments`);
    return [[first, value]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) fail(source, `Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    if (equals === 0) fail(source, `${source.keyword} names can not be blank`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

function parseRun(source: Source): Instruction {
  const { flags, text } = flagged(source, ['mount', 'network', 'security']);
  const network = flags.get('network');
  if (flags.has('mount')) fail(source, 'RUN --mount is not supported');
  if (flags.has('security')) fail(source, 'RUN --security is not supported');
  if (network !== undefined && network !== 'default' && network !== 'host') fail(source, `RUN --network=${network} is not supported`);
  if (text === '') fail(source, 'RUN requires at least one argument');
  return { ...headOf(source, 'RUN'), command: commandOf(text), heredocs: source.heredocs };
}

function parseShell(source: Source): Instruction {
  const args = jsonStrings(source.rest);
  if (!args || args.length === 0) fail(source, 'SHELL requires the arguments to be in JSON form');
  return { ...headOf(source, 'SHELL'), args };
}

function parseVolumes(source: Source): string[] {
  const words = jsonStrings(source.rest) ?? splitWords(source.rest, source.escape);
  if (words.length === 0) fail(source, 'VOLUME requires at least one argument');
  if (words.some((word) => word.trim() === '')) fail(source, 'VOLUME specified can not be an empty string');
  return words;
}

function parseOnbuild(source: Source): Instruction {
  const [keyword = ''] = splitWords(source.rest, source.escape);
  if (['ONBUILD', 'FROM', 'MAINTAINER'].includes(keyword.toUpperCase())) {
    fail(
      source,
      keyword.toUpperCase() === 'ONBUILD'
        ? "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
        : `${keyword} isn't allowed as an ONBUILD trigger`,
    );
  }
  // Looked at now, so that the mistake shows where it was made.
  parseInstruction(
    { line: source.line, keyword: keyword.toUpperCase(), rest: source.rest.slice(keyword.length).trim(), heredocs: [] },
    source.escape,
  );
  return { ...headOf(source, 'ONBUILD'), trigger: source.rest };
}

function parseCopy(source: Source, keyword: 'COPY' | 'ADD'): CopyInstruction {
  const known = keyword === 'COPY' ? ['from', 'chown', 'chmod', 'link', 'exclude'] : ['chown', 'chmod', 'link', 'exclude'];
  const { flags, text, all } = flagged(source, known);
  const words = jsonStrings(text) ?? splitWords(text, source.escape);
  const sources = words.slice(0, -1);
  const destination = words.at(-1);
  if (sources.length === 0 || destination === undefined)
    fail(source, `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined.`);
  if (keyword === 'ADD' && sources.some((path) => /^(https?:\/\/|git@|git:\/\/|ssh:\/\/)/.test(path)))
    fail(source, 'ADD of a URL or a Git repository is not supported');
  const [from, chown, chmod] = ['from', 'chown', 'chmod'].map((flag) => flags.get(flag));
  const exclude = all.filter(([flag]) => flag === 'exclude').map(([, value]) => value);
  return {
    ...headOf(source, keyword),
    ...(from && { from }),
    ...(chown && { chown }),
    ...(chmod && { chmod }),
    exclude,
    sources,
    destination,
    heredocs: source.heredocs,
  };
}

function parseHealthcheck(source: Source): HealthcheckInstruction {
  const { flags, text } = flagged(source, ['interval', 'timeout', 'start-period', 'start-interval', 'retries']);
  const [kind = ''] = splitWords(text, source.escape);
  const head = headOf(source, 'HEALTHCHECK');
  if (kind.toUpperCase() === 'NONE') return head;
  if (kind.toUpperCase() !== 'CMD') fail(source, `Unknown type "${kind.toUpperCase()}" in HEALTHCHECK (try CMD)`);
  const rest = text.slice(kind.length).trim();
  if (rest === '') fail(source, 'Missing command after HEALTHCHECK CMD');
  const retries = flags.get('retries');
  if (retries !== undefined && !/^\d+$/.test(retries)) fail(source, `HEALTHCHECK --retries=${retries} is not a number`);
  return {
    ...head,
    test: commandOf(rest),
    interval: flags.get('interval'),
    timeout: flags.get('timeout'),
    startPeriod: flags.get('start-period'),
    startInterval: flags.get('start-interval'),
    ...(retries !== undefined && { retries: Number(retries) }),
  };
}

/** `--name=value` words before everything else. */
function flagged(
  source: Source,
  known: readonly string[],
): { flags: Map<string, string>; all: [string, string][]; text: string; words: string[] } {
  const all: [string, string][] = [];
  let text = source.rest;
  for (let match = leadingFlag(text); match; match = leadingFlag(text)) {
    const [whole, name = '', value = 'true'] = match;
    if (!known.includes(name)) fail(source, `unknown flag: --${name}`);
    all.push([name, value]);
    text = text.slice(whole.length).trimStart();
  }
  return { flags: new Map(all), all, text, words: splitWords(text, source.escape) };
}

function leadingFlag(text: string): RegExpExecArray | null {
  return /^--([a-z-]+)(?:=(\S*))?(?=\s|$)/.exec(text);
}

function commandOf(text: string): Command {
  const args = jsonStrings(text);
  return args ? { form: 'exec', args } : { form: 'shell', text };
}

/** A JSON list of strings; anything else is shell form, as Docker has it. */
function jsonStrings(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? (value as string[]) : undefined;
  } catch {
    return undefined; // not JSON: a shell's test command begins with `[` as well
  }
}

function needed(source: Source): string[] {
  const words = splitWords(source.rest, source.escape);
  if (words.length === 0) fail(source, `${source.keyword} requires at least one argument`);
  return words;
}

function neededText(source: Source): string {
  if (source.rest === '') fail(source, `${source.keyword} requires exactly one argument`);
  return source.rest;
}

function single(source: Source): string {
  const words = splitWords(source.rest, source.escape);
  if (words.length !== 1) fail(source, `${source.keyword} requires exactly one argument`);
  return words[0]!;
}

function fail(source: Source, reason: string): never {
  throw new BuildError(source.line, `dockerfile parse error on line ${source.line}: ${reason}`);
}
