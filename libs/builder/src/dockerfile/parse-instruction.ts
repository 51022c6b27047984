import { BuildError } from '../contract.ts';
import type { Escape } from './directives.ts';
import { type FlagKind, type Flags, readFlags } from './flags.ts';
import { heredocText, heredocWord } from './heredocs.ts';
import type { Command, CopyInstruction, HealthcheckInstruction, InlineFile, Instruction } from './instruction.ts';
import { jsonStrings } from './json-form.ts';
import { type LogicalLine, readTrigger } from './logical-lines.ts';
import { mountFrom } from './run-mount.ts';
import { suggestion } from './suggestion.ts';
import { splitBlanks, splitWords } from './words.ts';

type Source = LogicalLine & { escape: Escape };
type Parser = (source: Source) => Instruction;

/** BuildKit's words for what it refuses, with the line. A flag that is not served is refused, never left out. Pure. */
export function parseInstruction(line: LogicalLine, escape: Escape): Instruction {
  const parser = parsers.get(line.keyword);
  if (!parser)
    throw new BuildError(
      line.line,
      `dockerfile parse error on line ${line.line}: unknown instruction: ${line.keyword}${suggestion(line.keyword, [...parsers.keys()])}`,
    );
  try {
    return parser({ ...line, escape });
  } catch (err) {
    if (err instanceof BuildError || !(err instanceof Error)) throw err;
    throw new BuildError(line.line, `dockerfile parse error on line ${line.line}: ${err.message}`, { cause: err });
  }
}

const parsers: ReadonlyMap<string, Parser> = new Map<string, Parser>([
  ['FROM', parseFrom],
  ['ARG', (source) => ({ ...headOf(source, 'ARG'), args: needed(source).map(parseArg) })],
  ['ENV', (source) => ({ ...headOf(source, 'ENV'), pairs: parsePairs(source) })],
  ['LABEL', (source) => ({ ...headOf(source, 'LABEL'), pairs: parsePairs(source) })],
  ['RUN', parseRun],
  ['CMD', (source) => ({ ...headOf(source, 'CMD'), command: commandOf(source.rest) })],
  ['ENTRYPOINT', (source) => ({ ...headOf(source, 'ENTRYPOINT'), command: commandOf(source.rest) })],
  ['SHELL', parseShell],
  ['EXPOSE', (source) => ({ ...headOf(source, 'EXPOSE'), words: splitBlanks(oneArgument(source, 'at least one')) })],
  ['VOLUME', (source) => ({ ...headOf(source, 'VOLUME'), words: parseVolumes(source) })],
  ['USER', (source) => ({ ...headOf(source, 'USER'), value: oneArgument(source) })],
  ['WORKDIR', (source) => ({ ...headOf(source, 'WORKDIR'), value: oneArgument(source) })],
  ['STOPSIGNAL', (source) => ({ ...headOf(source, 'STOPSIGNAL'), value: oneArgument(source) })],
  ['MAINTAINER', (source) => ({ ...headOf(source, 'MAINTAINER'), value: oneArgument(source) })],
  ['ONBUILD', parseOnbuild],
  ['COPY', (source) => parseCopy(source, 'COPY')],
  ['ADD', (source) => parseCopy(source, 'ADD')],
  ['HEALTHCHECK', parseHealthcheck],
]);

/** Instructions whose flags are read here take none. */
function headOf<K extends string>(source: Source, keyword: K): { do: K; line: number; text: string } {
  return headWithFlags(source, keyword, {}).head;
}

function headWithFlags<K extends string, Name extends string>(
  { line, text, keyword, flags }: Source,
  name: K,
  known: Readonly<Record<Name, FlagKind>>,
): { head: { do: K; line: number; text: string }; flags: Flags<Name> } {
  return { head: { do: name, line, text: `${keyword}${text.slice(keyword.length)}` }, flags: readFlags(flags, known) };
}

function parseFrom(source: Source): Instruction {
  const { head, flags } = headWithFlags(source, 'FROM', { platform: 'value' });
  const words = splitBlanks(source.rest);
  const [image, as, alias] = words;
  const isWellFormed = words.length === 1 || (words.length === 3 && as?.toLowerCase() === 'as');
  if (!image || !isWellFormed) fail('FROM requires either one or three arguments');
  if (alias !== undefined && !/^[a-z][a-z0-9._-]*$/.test(alias.toLowerCase())) {
    fail(`invalid name for build stage: "${alias}", name can't start with a number or contain symbols`);
  }
  const platform = flags.value('platform');
  return { ...head, image, ...(alias && { alias: alias.toLowerCase() }), ...(platform && { platform }) };
}

/** `NAME` alone: its value is given from outside, or it has none. */
function parseArg(word: string): { name: string; value?: string } {
  const equals = word.indexOf('=');
  if (equals === 0) fail('ARG names can not be blank');
  return equals < 0 ? { name: word } : { name: word.slice(0, equals), value: word.slice(equals + 1) };
}

/** `name=value …`, or the older `name rest of the line`. */
function parsePairs(source: Source): [string, string][] {
  const words = needed(source);
  const [first = ''] = words;
  if (!first.includes('=')) {
    const value = source.rest.slice(first.length).trim();
    if (value === '') fail(`${source.keyword} must have two arguments`);
    return [[first, value]];
  }
  return words.map((word) => {
    const equals = word.indexOf('=');
    if (equals < 0) fail(`Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    if (equals === 0) fail(`${source.keyword} names can not be blank`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

function parseRun(source: Source): Instruction {
  const { head, flags } = headWithFlags(source, 'RUN', { mount: 'values', network: 'value', security: 'value', device: 'values' });
  if (flags.value('device') !== undefined) fail('RUN --device is not supported');
  const network = flags.value('network') ?? 'default';
  if (!['default', 'none', 'host'].includes(network)) fail(`invalid network mode "${network}"`);
  const security = flags.value('security') ?? 'sandbox';
  if (security !== 'sandbox' && security !== 'insecure') fail(`security "${security}" is not valid`);
  if (source.rest === '') fail('RUN requires at least one argument');
  const mounts = flags.values('mount').map((text) => ({ text, from: mountFrom(text) }));
  const insecure = security === 'insecure';
  return { ...head, command: commandOf(source.rest), heredocs: source.heredocs, mounts, insecure, ...(isNetwork(network) && { network }) };
}

const isNetwork = (text: string): text is 'none' | 'host' => text !== 'default';

function parseShell(source: Source): Instruction {
  const args = jsonStrings(source.rest);
  if (!args || args.length === 0) fail('SHELL requires the arguments to be in JSON form');
  return { ...headOf(source, 'SHELL'), args };
}

function parseVolumes(source: Source): string[] {
  const words = jsonStrings(source.rest) ?? splitBlanks(source.rest);
  if (words.length === 0) fail('VOLUME requires at least one argument');
  if (words.some((word) => word.trim() === '')) fail('VOLUME specified can not be an empty string');
  return words;
}

/** The trigger is kept as it stands, here-documents and all, for the build that runs it. */
function parseOnbuild(source: Source): Instruction {
  const head = headOf(source, 'ONBUILD');
  const trigger = [source.rest, ...source.heredocs.map(({ content, name }) => `${content}${name}`)].join('\n');
  const instruction = readTrigger(trigger, source.line, source.escape);
  const { keyword } = instruction;
  if (keyword === '') fail('ONBUILD requires at least one argument');
  if (keyword === 'ONBUILD') fail("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (keyword === 'FROM' || keyword === 'MAINTAINER') fail(`${keyword} isn't allowed as an ONBUILD trigger`);
  parseInstruction(instruction, source.escape); // looked at now, so that the mistake shows where it was made
  return { ...head, trigger };
}

function parseCopy(source: Source, keyword: 'COPY' | 'ADD'): CopyInstruction {
  const { head, flags } = headWithFlags(source, keyword, {
    chown: 'value',
    chmod: 'value',
    link: 'switch',
    exclude: 'values',
    ...(keyword === 'COPY' ? { from: 'value', parents: 'switch' } : { checksum: 'value', 'keep-git-dir': 'switch', unpack: 'switch' }),
  } as Record<'chown' | 'chmod' | 'link' | 'exclude' | 'from' | 'parents' | 'checksum' | 'keep-git-dir' | 'unpack', FlagKind>);
  const words = jsonStrings(source.rest) ?? joinedHeredocs(splitBlanks(source.rest));
  const destination = words.at(-1);
  if (words.length < 2 || destination === undefined)
    fail(`${keyword} requires at least two arguments, but only one was provided. Destination could not be determined.`);
  if (heredocWord(destination)) fail(`${keyword} cannot accept a heredoc as a destination`);
  const { sources, inline } = splitSources(source, words.slice(0, -1));
  const unpack = flags.value('unpack');
  return {
    ...head,
    from: flags.value('from'),
    chown: flags.value('chown'),
    chmod: flags.value('chmod'),
    link: flags.isOn('link'),
    parents: flags.isOn('parents'),
    ...(unpack !== undefined && { unpack: unpack === 'true' }),
    checksum: flags.value('checksum'),
    ...(flags.value('keep-git-dir') !== undefined && { keepGitDir: flags.isOn('keep-git-dir') }),
    exclude: [...flags.values('exclude')],
    sources,
    inline,
    destination,
  };
}

/** `<< EOF` is one word. */
function joinedHeredocs(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    if (/^\d*<<-?$/.test(joined.at(-1) ?? '')) joined.push(joined.pop()! + word);
    else joined.push(word);
  }
  return joined;
}

/** Paths, and the here-documents among them. */
function splitSources({ heredocs }: Source, words: readonly string[]): { sources: string[]; inline: InlineFile[] } {
  const byName = new Map(heredocs.map((heredoc) => [heredoc.name, heredoc]));
  const sources: string[] = [];
  const inline: InlineFile[] = [];
  for (const word of words) {
    const heredoc = byName.get(heredocWord(word)?.name ?? '');
    if (heredoc) inline.push({ name: heredoc.name, content: heredocText(heredoc), expands: !heredoc.quoted });
    else sources.push(word);
  }
  return { sources, inline };
}

function parseHealthcheck(source: Source): HealthcheckInstruction {
  const { head, flags } = headWithFlags(source, 'HEALTHCHECK', {
    interval: 'value',
    timeout: 'value',
    'start-period': 'value',
    'start-interval': 'value',
    retries: 'value',
  });
  const [, kind = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(source.rest) ?? [];
  const type = kind.toUpperCase();
  if (type === '') fail('HEALTHCHECK requires at least one argument');
  if (type === 'NONE') return rest === '' ? head : fail('HEALTHCHECK NONE takes no arguments');
  if (type !== 'CMD') fail(`Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  const test = commandOf(rest);
  if (rest === '' || (test.form === 'exec' && test.args.length === 0)) fail('Missing command after HEALTHCHECK CMD');
  const retries = flags.value('retries');
  if (retries !== undefined && !/^\d+$/.test(retries)) fail(`--retries must be a number that is not negative (${retries})`);
  return {
    ...head,
    test,
    interval: flags.value('interval'),
    timeout: flags.value('timeout'),
    startPeriod: flags.value('start-period'),
    startInterval: flags.value('start-interval'),
    ...(retries !== undefined && { retries: Number(retries) }),
  };
}

function commandOf(text: string): Command {
  const args = jsonStrings(text);
  return args ? { form: 'exec', args } : { form: 'shell', text };
}

function needed(source: Source): string[] {
  const words = splitWords(source.rest, source.escape);
  if (words.length === 0) fail(`${source.keyword} requires at least one argument`);
  return words;
}

/** The whole rest of the line. */
function oneArgument({ rest, keyword }: Source, howMany = 'exactly one'): string {
  return rest === '' ? fail(`${keyword} requires ${howMany} argument`) : rest;
}

function fail(reason: string): never {
  throw new Error(reason);
}
