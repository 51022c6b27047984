import type { Escape } from './directives.ts';

/** What an instruction's flag takes: `--link`, `--from=x`, or `--exclude=x` more than once. */
export type FlagKind = 'switch' | 'value' | 'values';

/** The flags of one instruction, checked against what it takes. Names are without `--`. */
export class Flags<Name extends string> {
  constructor(private readonly given: ReadonlyMap<string, readonly string[]>) {}

  /** Of `--name=value`; undefined where it is not given. */
  value(name: Name): string | undefined {
    return this.given.get(name)?.[0];
  }

  values(name: Name): readonly string[] {
    return this.given.get(name) ?? [];
  }

  /** `--name` and `--name=true`; BuildKit takes no other spelling of a boolean. */
  isOn(name: Name): boolean {
    return this.value(name) === 'true';
  }
}

/** The words that begin with `--` before everything else; a lone `--` ends them. Quotes and escapes are taken off. */
export function splitFlags(text: string, escape: Escape): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++;
    if (!text.startsWith('--', at)) return { flags, rest: text.slice(at) };
    const { word, next } = unquotedWord(text, at, escape);
    at = next;
    if (word === '--') return { flags, rest: text.slice(at) };
    flags.push(word);
  }
}

function unquotedWord(text: string, from: number, escape: Escape): { word: string; next: number } {
  let word = '';
  let quote = '';
  let at = from;
  for (; at < text.length; at++) {
    const c = text[at]!;
    if (quote === '' && /\s/.test(c)) break;
    if (c === quote) quote = '';
    else if (quote === '' && (c === '"' || c === "'")) quote = c;
    else if (c === escape) word += text[++at] ?? '';
    else word += c;
  }
  return { word, next: at };
}

/** Throws Error with BuildKit's words for what an instruction does not take. */
export function readFlags<Name extends string>(words: readonly string[], known: Readonly<Record<Name, FlagKind>>): Flags<Name> {
  const kinds = new Map<string, FlagKind>(Object.entries<FlagKind>(known));
  const given = new Map<string, string[]>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const flag = equals < 0 ? word : word.slice(0, equals);
    const value = equals < 0 ? undefined : word.slice(equals + 1);
    const name = flag.slice('--'.length);
    const kind = kinds.get(name);
    if (!kind) throw new Error(`unknown flag: ${flag}`);
    if (given.has(name) && kind !== 'values') throw new Error(`duplicate flag specified: ${flag}`);
    if (kind === 'switch') given.set(name, [switchValue(flag, value)]);
    else if (value === undefined) throw new Error(`missing a value on flag: ${flag}`);
    else given.set(name, [...(given.get(name) ?? []), value]);
  }
  return new Flags(given);
}

function switchValue(flag: string, value: string | undefined): string {
  if (value === '') throw new Error(`missing a value on flag: ${flag}`);
  const lower = (value ?? 'true').toLowerCase();
  if (lower !== 'true' && lower !== 'false') throw new Error(`expecting boolean value for flag ${flag}, not: ${value}`);
  return lower;
}
