import { BuildError } from '../contract.ts';
import type { Escape } from './directives.ts';
import { replaced, ShellPattern, trimmedEnd, trimmedStart } from './shell-pattern.ts';

/** Where variables get their values, and what takes a character's meaning away. */
export interface WordRules {
  line: number;
  escape: Escape;
  lookup: (name: string) => string | undefined;
}

/** Splits at blanks outside of quotes. Quotes and escapes stay in the words, for `expand`. */
export function splitWords(text: string, escape: Escape): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let inWord = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote === '' && /\s/.test(c)) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
      continue;
    }
    if (c === escape && quote !== "'") {
      if (i + 1 === text.length) break; // nothing is left that it could escape
      word += c + text[++i];
      inWord = true;
      continue;
    }
    inWord = true;
    word += c;
    if (quote === '' && (c === '"' || c === "'")) quote = c;
    else if (c === quote) quote = '';
  }
  if (inWord) words.push(word);
  return words;
}

/** Splits at blanks, whatever quotes say: paths with blanks are written in JSON form. */
export const splitBlanks = (text: string): string[] => text.split(/[\t\v\f\r ]+/).filter((word) => word !== '');

/** Dockerfile reference, "Environment replacement": takes quotes off and puts values in. */
export function expand(text: string, rules: WordRules): string {
  return new Expansion(text, rules, true).whole();
}

/** The same for the content of a here-document, where quotes mean nothing and `\` alone escapes. */
export function expandHeredoc(text: string, rules: WordRules): string {
  return new Expansion(text, { ...rules, escape: '\\' }, false).whole();
}

/** A shell's own, such as `$?`. */
const specialParameters = '@*#?-$!0';

class Expansion {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly rules: WordRules,
    private readonly quotes: boolean,
  ) {}

  whole(): string {
    return this.until('', false);
  }

  /** Up to an unquoted `stop`, which is taken too, or the end. `rawEscapes`: a pattern follows, which has escapes of its own. */
  private until(stop: string, rawEscapes: boolean): string {
    let result = '';
    while (this.at < this.text.length) {
      const c = this.text[this.at]!;
      if (c === stop) {
        this.at++;
        return result;
      }
      if (this.quotes && c === "'") result += this.singleQuoted();
      else if (this.quotes && c === '"') result += this.doubleQuoted(rawEscapes);
      else if (c === '$') result += this.variable();
      else if (c === this.rules.escape) {
        result += (rawEscapes ? c : '') + (this.text[this.at + 1] ?? '');
        this.at += 2;
      } else {
        result += c;
        this.at++;
      }
    }
    return stop === '' ? result : this.fail(stop === '/' ? "syntax error: missing '/' in ${}" : `syntax error: missing '${stop}'`);
  }

  /** Everything up to the next quote as it stands: nothing escapes in there. */
  private singleQuoted(): string {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) this.fail('unexpected end of statement while looking for matching single-quote');
    const inner = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return inner;
  }

  private doubleQuoted(rawEscapes: boolean): string {
    let result = '';
    this.at++;
    while (this.at < this.text.length) {
      const c = this.text[this.at]!;
      if (c === '"') {
        this.at++;
        return result;
      }
      if (c === '$') result += this.variable();
      else if (c === this.rules.escape) {
        const next = this.text[this.at + 1] ?? '';
        // Within double quotes only these need the escape; before others it stays.
        const isTaken = next === '"' || next === '$' || next === this.rules.escape;
        result += isTaken ? (rawEscapes ? c : '') + next : c + next;
        this.at += 2;
      } else {
        result += c;
        this.at++;
      }
    }
    return this.fail('unexpected end of statement while looking for matching double-quote');
  }

  /** `$name`, or `${…}`; a `$` before anything else is itself. */
  private variable(): string {
    this.at++;
    if (this.text[this.at] !== '{') {
      const name = this.name();
      return name === '' ? '$' : (this.rules.lookup(name) ?? '');
    }
    this.at++;
    const next = this.text[this.at];
    if (next === undefined) this.fail("syntax error: missing '}'");
    if (next === '{' || next === '}' || next === ':') this.fail('syntax error: bad substitution');
    return this.modified(this.name());
  }

  /** Letters, digits and `_`; or digits alone; or one of a shell's special parameters, none of which has a value here. */
  private name(): string {
    const rest = this.text.slice(this.at, this.at + 1);
    const pattern = specialParameters.includes(rest) && rest !== '' ? /[\s\S]/y : /\d+|[\p{L}_][\p{L}\p{Nd}_]*/uy;
    pattern.lastIndex = this.at;
    const name = pattern.exec(this.text)?.[0] ?? '';
    this.at += name.length;
    return name;
  }

  /** `}`, or a modifier, a word and `}`, after the name. */
  private modified(name: string): string {
    const value = this.rules.lookup(name);
    const first = this.text[this.at++] ?? '';
    if (first === '}') return value ?? '';
    if (first === '') this.fail("syntax error: missing '}'");
    if (first === '/') return this.substituted(value ?? '');
    const nullIsUnset = first === ':';
    const modifier = nullIsUnset ? (this.text[this.at++] ?? '') : first;
    const isPattern = modifier === '#' || modifier === '%';
    if (!'-+?#%'.includes(modifier) || modifier === '' || (nullIsUnset && isPattern)) {
      this.fail(`unsupported modifier (${nullIsUnset ? first : ''}${modifier}) in substitution`);
    }
    const word = this.until('}', isPattern);
    if (isPattern) return this.trimmed(value ?? '', modifier, word);
    const isSet = value !== undefined && !(nullIsUnset && value === '');
    if (modifier === '-') return isSet ? value : word;
    if (modifier === '+') return isSet ? word : '';
    if (isSet) return value;
    return this.fail(`${name}: ${word || (value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty')}`);
  }

  /** `${name#pattern}` takes off the shortest start that fits, `##` the longest; `%` and `%%` the end. */
  private trimmed(value: string, modifier: string, word: string): string {
    const longest = word.startsWith(modifier);
    const pattern = this.pattern(longest ? word.slice(1) : word);
    return modifier === '#' ? trimmedStart(value, pattern, longest) : trimmedEnd(value, pattern, longest);
  }

  /** `${name/pattern/replacement}`, and `//` for every occurrence. */
  private substituted(value: string): string {
    const everywhere = this.text[this.at] === '/';
    if (everywhere) this.at++;
    const pattern = this.pattern(this.until('/', true));
    return replaced(value, { pattern, by: this.until('}', true), everywhere });
  }

  private pattern(text: string): ShellPattern {
    try {
      return new ShellPattern(text);
    } catch (err) {
      return this.fail(`invalid pattern (${text}) in substitution: ${(err as Error).message}`);
    }
  }

  private fail(reason: string): never {
    throw new BuildError(this.rules.line, `failed to process "${this.text}": ${reason}`);
  }
}
