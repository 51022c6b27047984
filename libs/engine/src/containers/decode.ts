import { setKey } from '#base';
import { badParameter } from '../errors.ts';

/** How a field of a request is read: given its value, or undefined where the field is not there. Throws 400. */
export type Field<T> = (value: unknown, path: string) => T;

export type Shape<T> = { readonly [K in keyof T]: Field<T[K]> };

const absent = (value: unknown): value is undefined | null => value === undefined || value === null;

function mismatch(value: unknown, path: string, wanted: string): never {
  const kind = Array.isArray(value) ? 'array' : typeof value;
  throw badParameter(`json: cannot unmarshal ${kind === 'boolean' ? 'bool' : kind} into Go struct field ${path} of type ${wanted}`);
}

export const text =
  (fallback = ''): Field<string> =>
  (value, path) =>
    absent(value) ? fallback : typeof value === 'string' ? value : mismatch(value, path, 'string');

export const bool: Field<boolean> = (value, path) =>
  absent(value) ? false : typeof value === 'boolean' ? value : mismatch(value, path, 'bool');

export const int: Field<number> = (value, path) => (absent(value) ? 0 : isWhole(value) ? value : mismatch(value, path, 'int64'));

const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value);

/** null where it is not given. */
export const orNull =
  <T>(field: Field<T>): Field<T | null> =>
  (value, path) =>
    absent(value) ? null : field(value, path);

/** Not there where it is not given. */
export const optional =
  <T>(field: Field<T>): Field<T | undefined> =>
  (value, path) =>
    absent(value) ? undefined : field(value, path);

export const list =
  <T>(item: Field<T>): Field<T[]> =>
  (value, path) =>
    absent(value) ? [] : Array.isArray(value) ? value.map((each) => item(each, path)) : mismatch(value, path, '[]');

export const map =
  <T>(item: Field<T>): Field<Record<string, T>> =>
  (value, path) => {
    const table: Record<string, T> = {};
    if (absent(value)) return table;
    if (typeof value !== 'object' || Array.isArray(value)) return mismatch(value, path, 'map');
    for (const [key, each] of Object.entries(value)) setKey(table, key, item(each, path));
    return table;
  };

/** Fields are found whatever the case of their letters, as Go's decoder does; what the shape has not is ignored. */
export const struct =
  <T extends object>(shape: Shape<T>): Field<T> =>
  (value, path) => {
    if (!absent(value) && (typeof value !== 'object' || Array.isArray(value))) return mismatch(value, path, 'struct');
    const given = new Map(Object.entries(value ?? {}).map(([key, each]) => [key.toLowerCase(), each as unknown]));
    const entries = (Object.keys(shape) as (keyof T & string)[]).map((key) => [
      key,
      shape[key](given.get(key.toLowerCase()), `${path}.${key}`),
    ]);
    return Object.fromEntries(entries.filter(([, each]) => each !== undefined)) as T;
  };

/** A command line: a list, or one string. */
export const command: Field<string[] | null> = (value, path) =>
  absent(value) ? null : typeof value === 'string' ? [value] : list(text())(value, path);

export type Of<F> = F extends Field<infer T> ? T : never;
