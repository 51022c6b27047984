import { checkJson, tooDeep } from './limits.ts';

/**
 * What Go's `encoding/json` says of a text that is no JSON; undefined when it is. Clients know those words, and never see those of this
 * engine. Only read after the engine has refused a text.
 */
export function jsonSyntaxError(text: string): string | undefined {
  try {
    checkJson(text);
    JSON.parse(text);
    return undefined;
  } catch (err) {
    if (!(err instanceof SyntaxError)) throw err;
    return err.message === tooDeep ? tooDeep : new Scanner(text).complaint();
  }
}

const ended = 'unexpected end of JSON input';
const space = /[ \t\r\n]/;
const digit = /[0-9]/;

class Complaint extends Error {}

/** A walk over the text by the states of Go's scanner, without recursion. */
class Scanner {
  private at = 0;
  private readonly open: ('{' | '[')[] = [];
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  complaint(): string {
    try {
      this.document();
    } catch (err) {
      if (err instanceof Complaint) return err.message;
      throw err;
    }
    return 'invalid JSON'; // both readers of JSON agree
  }

  private document(): void {
    this.value();
    for (;;) {
      const character = this.next();
      const inside = this.open.at(-1);
      if (inside === undefined) {
        if (character === undefined) return;
        this.fail('after top-level value');
      }
      if (character === undefined) throw new Complaint(ended);
      this.at++;
      if (character === ',') {
        if (inside === '{') this.key();
        this.value();
      } else if (character === (inside === '{' ? '}' : ']')) this.open.pop();
      else this.failAt(this.at - 1, inside === '{' ? 'after object key:value pair' : 'after array element');
    }
  }

  /** Up to the end of a scalar, or of an empty or of the first value of a container. */
  private value(): void {
    for (;;) {
      const character = this.demanded();
      if (character === '{' || character === '[') {
        this.at++;
        const close = character === '{' ? '}' : ']';
        if (this.next() === close) {
          this.at++;
          return;
        }
        this.open.push(character);
        if (character === '{') this.key();
        continue;
      }
      if (character === '"') return this.string();
      if (character === '-' || digit.test(character)) return this.number();
      const word = ['true', 'false', 'null'].find(([first]) => first === character);
      if (!word) this.fail('looking for beginning of value');
      return this.word(word);
    }
  }

  private key(): void {
    const character = this.demanded();
    if (character !== '"') this.fail('looking for beginning of object key string');
    this.string();
    if (this.demanded() !== ':') this.fail('after object key');
    this.at++;
  }

  private string(): void {
    for (this.at++; ; this.at++) {
      const character = this.text[this.at];
      if (character === undefined) throw new Complaint(ended);
      if (character === '"') break;
      if (character < ' ') this.fail('in string literal');
      if (character === '\\') this.escape();
    }
    this.at++;
  }

  private escape(): void {
    const escaped = this.text[++this.at];
    if (escaped === undefined) throw new Complaint(ended);
    if (escaped !== 'u') {
      if (!'bfnrt\\/"'.includes(escaped)) this.fail('in string escape code');
      return;
    }
    for (let i = 0; i < 4; i++) {
      const hex = this.text[++this.at];
      if (hex === undefined) throw new Complaint(ended);
      if (!/[0-9a-fA-F]/.test(hex)) this.fail(String.raw`in \u hexadecimal character escape`);
    }
  }

  private number(): void {
    if (this.text[this.at] === '-') this.at++;
    this.digits('in numeric literal', true);
    if (this.text[this.at] === '.') {
      this.at++;
      this.digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.text[this.at] ?? '')) {
      this.at++;
      if (/[+-]/.test(this.text[this.at] ?? '')) this.at++;
      this.digits('in exponent of numeric literal');
    }
  }

  private digits(place: string, whole = false): void {
    const first = this.text[this.at];
    if (first === undefined) throw new Complaint(ended);
    if (!digit.test(first)) this.fail(place);
    this.at++;
    if (whole && first === '0') return; // nothing follows a leading zero
    while (digit.test(this.text[this.at] ?? '')) this.at++;
  }

  private word(word: string): void {
    for (const expected of word) {
      const character = this.text[this.at];
      if (character === undefined) throw new Complaint(ended);
      if (character !== expected) this.fail(`in literal ${word} (expecting '${expected}')`);
      this.at++;
    }
  }

  private next(): string | undefined {
    while (space.test(this.text[this.at] ?? '')) this.at++;
    return this.text[this.at];
  }

  private demanded(): string {
    const character = this.next();
    if (character === undefined) throw new Complaint(ended);
    return character;
  }

  private fail(place: string): never {
    return this.failAt(this.at, place);
  }

  private failAt(at: number, place: string): never {
    throw new Complaint(`invalid character ${goQuoted(this.text.codePointAt(at)!)} ${place}`);
  }
}

/** Go looks at bytes: of a character beyond ASCII it names the first one. */
function goQuoted(codePoint: number): string {
  const [byte = 0] = Buffer.from(String.fromCodePoint(codePoint));
  const character = String.fromCodePoint(byte);
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  const short = new Map([
    ['\n', String.raw`\n`],
    ['\r', String.raw`\r`],
    ['\t', String.raw`\t`],
    ['\b', String.raw`\b`],
    ['\f', String.raw`\f`],
    ['\v', String.raw`\v`],
    ['\u0007', String.raw`\a`],
    ['\\', String.raw`\\`],
  ]).get(character);
  if (short) return `'${short}'`;
  if (byte < 0x20 || byte === 0x7f) return String.raw`'\x${byte.toString(16).padStart(2, '0')}'`;
  const printable = byte < 0x7f || (byte > 0xa0 && byte !== 0xad);
  return printable ? `'${character}'` : String.raw`'\u${byte.toString(16).padStart(4, '0')}'`;
}
