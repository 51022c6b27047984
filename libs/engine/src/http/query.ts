import { lookUp } from '#base';
import { badParameter } from '../errors.ts';

/** As Docker reads booleans: everything but '', 0, no, false and none is true. */
export function flag(query: URLSearchParams, name: string, fallback = false): boolean {
  const value = query.get(name);
  if (value === null) return fallback;
  return !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
}

/** A whole number; undefined when it is not given. Throws 400. */
export function whole(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?\d{1,15}$/.test(value)) throw badParameter(`strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
  return Number(value);
}

/** Values of each filter of a list; all of one name are alternatives. */
export class Filters {
  private constructor(private readonly values: ReadonlyMap<string, readonly string[]>) {}

  static readonly none = new Filters(new Map());

  /**
   * `filters` of a query: `{"name": ["a"]}`, or as clients before 1.22 wrote it `{"name": {"a": true}}`. Throws 400 for what is neither, and
   * for a name that the list does not know.
   */
  static of(query: URLSearchParams, known: readonly string[]): Filters {
    const text = query.get('filters');
    if (text === null || text === '') return Filters.none;
    const values = new Map(Object.entries(parsed(text)).map(([name, value]) => [name, valuesOf(value)]));
    for (const name of values.keys()) if (!known.includes(name)) throw badParameter(`invalid filter '${name}'`);
    return new Filters(values);
  }

  get(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** One of the values fits, or there is none. */
  some(name: string, fits: (value: string) => boolean): boolean {
    const values = this.get(name);
    return values.length === 0 || values.some(fits);
  }

  /** All of `label`: `key` or `key=value`; and none of `label!`. */
  labels(labels: Readonly<Record<string, string>> | null): boolean {
    const holds = (wanted: string): boolean => {
      const at = wanted.indexOf('=');
      const value = lookUp(labels, at < 0 ? wanted : wanted.slice(0, at));
      return at < 0 ? value !== undefined : value === wanted.slice(at + 1);
    };
    return this.get('label').every(holds) && !this.get('label!').some(holds);
  }
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (err) {
    throw badParameter(`invalid filter: ${(err as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badParameter('invalid filter');
  return value as Record<string, unknown>;
}

function valuesOf(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([name, chosen]) => (chosen === true ? [name] : []));
  throw badParameter('invalid filter');
}
