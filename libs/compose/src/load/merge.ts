import { lookUp, setKey } from '#base';
import { OVERRIDE, RESET } from './yaml.ts';

type Model = Record<string, unknown>;

/** What replaces as a whole instead of being joined: compose-spec, 13-merge.md, "Shell commands". */
const replaced = [/^services\.[^.]+\.(command|entrypoint|healthcheck\.test)$/];

/** What is one thing when these are the same: "Unique resources". */
const unique: readonly [RegExp, (item: Model) => string][] = [
  [
    /^services\.[^.]+\.ports$/,
    ({ host_ip, target, published, protocol }) => `${text(host_ip)}:${text(target)}:${text(published)}/${text(protocol ?? 'tcp')}`,
  ],
  [/^services\.[^.]+\.volumes$/, ({ target }) => text(target)],
  [/^services\.[^.]+\.(configs|secrets)$/, ({ source, target }) => text(target ?? source)],
  [/^services\.[^.]+\.env_file$/, ({ path }) => text(path)],
];

const text = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | undefined));

/** A later file over a former one, both in long form. */
export function merge(former: unknown, later: unknown, path = ''): unknown {
  if (later === RESET) return undefined;
  if (isModel(later) && Object.hasOwn(later, OVERRIDE)) return unmarked(later[OVERRIDE]);
  if (isModel(former) && isModel(later)) return mergeMaps(former, later, path);
  if (Array.isArray(former) && Array.isArray(later) && !replaced.some((pattern) => pattern.test(path)))
    return mergeLists(former, later, path);
  return later === undefined ? former : later === null && former !== undefined ? former : unmarked(later);
}

function mergeMaps(former: Model, later: Model, path: string): Model {
  const merged: Model = { ...former };
  for (const [key, value] of Object.entries(later)) {
    const result = merge(lookUp(former, key), value, path === '' ? key : `${path}.${key}`);
    if (result === undefined) delete merged[key];
    else setKey(merged, key, result);
  }
  return merged;
}

function mergeLists(former: readonly unknown[], later: readonly unknown[], path: string): unknown[] {
  const keyOf = unique.find(([pattern]) => pattern.test(path))?.[1];
  const name = (item: unknown): string => (keyOf && isModel(item) ? keyOf(item) : text(item));
  const merged = new Map<string, unknown>();
  for (const item of [...former, ...later]) {
    const key = name(item);
    merged.set(key, isModel(merged.get(key)) && isModel(item) ? { ...(merged.get(key) as Model), ...item } : item);
  }
  return [...merged.values()];
}

/** Marks in what nothing was merged with have nothing to reset or override. */
export function unmarked(value: unknown): unknown {
  if (value === RESET) return undefined;
  if (Array.isArray(value)) return value.map(unmarked);
  if (!isModel(value)) return value;
  if (Object.hasOwn(value, OVERRIDE)) return unmarked(value[OVERRIDE]);
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === RESET ? [] : [[key, unmarked(inner)]])));
}

export const isModel = (value: unknown): value is Model => typeof value === 'object' && value !== null && !Array.isArray(value);
