import { lookUp } from '#base';
import { invalid, unsupported } from '../compose-error.ts';
import { isModel } from '../load/merge.ts';

/** Bytes of a suffix: compose-spec, 11-extension.md, "Specifying byte values". */
const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kb: 2 ** 10,
  m: 2 ** 20,
  mb: 2 ** 20,
  g: 2 ** 30,
  gb: 2 ** 30,
  t: 2 ** 40,
  tb: 2 ** 40,
};
const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * A value of a model with its place. It remembers what was asked of it, so that `done` can refuse what nobody asked for: nothing that a
 * file says is left out in silence.
 */
export class Reader {
  private readonly asked = new Map<string, Reader>();

  constructor(
    readonly value: unknown,
    readonly path: string,
  ) {}

  has(key: string): boolean {
    return this.own(key) !== undefined && this.own(key) !== null;
  }

  private own(key: string): unknown {
    return isModel(this.value) ? lookUp(this.value, key) : undefined;
  }

  at(key: string): Reader {
    const known = this.asked.get(key);
    if (known) return known;
    const inner = new Reader(this.own(key), `${this.path}.${key}`);
    this.asked.set(key, inner);
    return inner;
  }

  /** Means nothing here, and changes nothing that somebody could miss. */
  skip(...keys: string[]): void {
    for (const key of keys) this.at(key);
  }

  /** Throws for the first key that nobody asked for. `known`: what the specification has, and why it is not served where there is more to say. */
  done(known: Readonly<Record<string, string>> = {}): void {
    if (!isModel(this.value)) return;
    for (const key of Object.keys(this.value)) {
      if (key.startsWith('x-') || this.asked.has(key) || this.own(key) === null) continue;
      if (!Object.hasOwn(known, key)) throw invalid(this.path, `additional properties '${key}' not allowed`);
      throw unsupported(`${this.path}.${key}`, lookUp(known, key) || undefined);
    }
  }

  get isSet(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** Of a mapping; none where there is no value. */
  entries(): [string, Reader][] {
    if (!this.isSet) return [];
    if (!isModel(this.value)) throw invalid(this.path, 'must be a mapping');
    return Object.keys(this.value)
      .filter((key) => !key.startsWith('x-'))
      .map((key) => {
        const reader = new Reader(this.own(key), `${this.path}.${key}`);
        this.asked.set(key, reader);
        return [key, reader];
      });
  }

  /** Of a list; none where there is no value. */
  items(): Reader[] {
    if (!this.isSet) return [];
    if (!Array.isArray(this.value)) throw invalid(this.path, 'must be a list');
    return this.value.map((item: unknown, i) => new Reader(item, `${this.path}[${i}]`));
  }

  text(): string {
    if (typeof this.value === 'string') return this.value;
    if (typeof this.value === 'number' || typeof this.value === 'boolean') return String(this.value);
    throw invalid(this.path, 'must be a string');
  }

  texts(): string[] {
    return this.items().map((item) => item.text());
  }

  /** One of several words. */
  oneOf<T extends string>(...words: readonly T[]): T {
    const text = this.text();
    const word = words.find((each) => each === text);
    if (word === undefined) throw invalid(this.path, `must be one of ${words.join(', ')}`);
    return word;
  }

  bool(): boolean {
    if (this.value === true || this.value === 'true') return true;
    if (this.value === false || this.value === 'false' || !this.isSet) return false;
    throw invalid(this.path, 'must be a boolean');
  }

  number(): number {
    const number = typeof this.value === 'number' ? this.value : Number(this.text());
    if (this.value === '' || !Number.isFinite(number)) throw invalid(this.path, 'must be a number');
    return number;
  }

  whole(): number {
    const number = this.number();
    if (!Number.isSafeInteger(number) || number < 0) throw invalid(this.path, 'must be a whole number that is not negative');
    return number;
  }

  bytes(): number {
    if (typeof this.value === 'number') return this.whole();
    const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(this.text()) ?? [];
    const factor = lookUp(byteUnits, unit.toLowerCase());
    if (digits === undefined || factor === undefined) throw invalid(this.path, `${JSON.stringify(this.value)} is not a size, such as 64m`);
    return Math.floor(Number(digits) * factor);
  }

  /** Milliseconds of `1m30s`, `500ms`. */
  duration(): number {
    const text = this.text();
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)];
    if (text === '0') return 0;
    if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
      throw invalid(this.path, `${JSON.stringify(text)} is not a duration, such as 1m30s`);
    return parts.reduce((sum, [, number, unit]) => sum + Number(number) * lookUp(unitMs, unit!)!, 0);
  }

  seconds(): number {
    return Math.max(1, Math.ceil(this.duration() / 1000));
  }
}

/** compose-spec, "command": a text is split as a shell splits it; quotes and backslashes hold together. */
export function words(reader: Reader): string[] {
  if (Array.isArray(reader.value)) return reader.texts();
  const text = reader.text();
  const out: string[] = [];
  const pattern = /\s*((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+)\s*/gsy;
  let at = 0;
  for (let match; (match = pattern.exec(text)); at = pattern.lastIndex)
    out.push(
      match[1]!.replaceAll(
        /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs,
        (_all, single?: string, double?: string, escaped?: string) => single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
      ),
    );
  if (text.slice(at).trim() !== '') throw invalid(reader.path, `invalid command line string: ${text}`);
  return out;
}
