import { BuildError } from '../contract.ts';

/** Where variables get their values, and what takes a character's meaning away. */
export interface WordRules {
  line: number;
  escape: '\\' | '`';
  lookup: (name: string) => string | undefined;
}

/** Splits at blanks outside of quotes. Quotes and escapes stay in the words, for `expand`. */
export function splitWords(text: string, escape: string): string[] {
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
    inWord = true;
    word += c;
    if (c === escape && quote !== "'" && i + 1 < text.length) word += text[++i];
    else if (quote === '' && (c === '"' || c === "'")) quote = c;
    else if (c === quote) quote = '';
  }
  if (inWord) words.push(word);
  return words;
}

/** Dockerfile reference, "Environment replacement": takes quotes off and puts values in. */
export function expand(text: string, rules: WordRules): string {
  return new Expansion(text, rules).until('');
}

class Expansion {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly rules: WordRules,
  ) {}

  /** Up to an unquoted `stop`, or the end. */
  until(stop: string): string {
    let result = '';
    while (this.at < this.text.length) {
      const c = this.text[this.at]!;
      if (c === stop) return result;
      if (c === "'") result += this.singleQuoted();
      else if (c === '"') result += this.doubleQuoted();
      else if (c === '$') result += this.variable();
      else if (c === this.rules.escape) result += this.escaped();
      else {
        result += c;
        this.at++;
      }
    }
    if (stop !== '') this.fail(`syntax error: missing '${stop}'`);
    return result;
  }

  private escaped(): string {
    this.at++;
    return this.at < this.text.length ? this.text[this.at++]! : '';
  }

  private singleQuoted(): string {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) this.fail('unexpected end of statement while looking for matching single-quote');
    const inner = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return inner;
  }

  private doubleQuoted(): string {
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
        const next = this.text[this.at + 1];
        // Within double quotes only these need the escape; before others it stays.
        const taken = next === '"' || next === '$' || next === this.rules.escape;
        if (next === undefined) this.fail('unexpected end of statement while looking for matching double-quote');
        result += taken ? next : c + next;
        this.at += 2;
      } else {
        result += c;
        this.at++;
      }
    }
    return this.fail('unexpected end of statement while looking for matching double-quote');
  }

  private variable(): string {
    const plain = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(this.text.slice(this.at));
    if (plain) {
      this.at += plain[0].length;
      return this.rules.lookup(plain[1]!) ?? '';
    }
    const braced = /^\$\{([A-Za-z_][A-Za-z0-9_]*)/.exec(this.text.slice(this.at));
    if (!braced) {
      if (this.text[this.at + 1] === '{') this.fail('syntax error: bad substitution');
      this.at++;
      return '$';
    }
    this.at += braced[0].length;
    return this.modified(braced[1]!);
  }

  /** `}`, `:-word}`, `-word}`, `:+word}`, `+word}`, `:?words}`, `?words}` after the name. */
  private modified(name: string): string {
    const value = this.rules.lookup(name);
    if (this.text[this.at] === '}') {
      this.at++;
      return value ?? '';
    }
    const modifier = /^:?[-+?]/.exec(this.text.slice(this.at))?.[0];
    if (!modifier) this.fail(`unsupported modifier (${this.text[this.at] ?? ''}) in substitution`);
    this.at += modifier.length;
    const word = this.until('}');
    this.at++;
    const isSet = modifier.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
    switch (modifier.at(-1)) {
      case '-':
        return isSet ? value! : word;
      case '+':
        return isSet ? word : '';
      default:
        return isSet ? value! : this.fail(`${name}: ${word || 'not allowed to be unset'}`);
    }
  }

  private fail(reason: string): never {
    throw new BuildError(this.rules.line, `failed to process "${this.text}": ${reason}`);
  }
}
