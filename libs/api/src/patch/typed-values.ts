import type { FieldSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';
import { type FieldSet, isEmptySet, onlyMember, SetBuilder } from './field-set.ts';
import { deepEqual, isObject, itemsOf, type JsonObject, type Shape, shapeOf } from './shape.ts';

/** The fields that a configuration sets: what its applier comes to own. structured-merge-diff, `typed.ToFieldSet`. */
export function fieldsOf(table: TypeTable, schema: ValueSchema, value: unknown): FieldSet {
  const builder = new SetBuilder();
  collect(table, schema, value, builder);
  return builder.done();
}

function collect(table: TypeTable, schema: ValueSchema | undefined, value: unknown, into: SetBuilder): void {
  const shape = shapeOf(table, schema, value);
  if (shape.form === 'parts' && (value === null || isObject(value))) {
    for (const [name, part] of Object.entries(value ?? {})) {
      const below = into.at(`f:${name}`);
      collect(table, shape.part(name), part, below);
      const isEmptyPart = part === null || (isObject(part) && Object.keys(part).length === 0);
      if (isEmptyPart || !shape.declared?.has(name)) below.insert();
    }
  } else if (shape.form === 'items' && (value === null || Array.isArray(value))) {
    for (const item of (value as unknown[] | null) ?? []) {
      const below = into.at(shape.element(item));
      collect(table, shape.item, item, below);
      below.insert();
    }
  } else into.insert();
}

export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

interface Builders {
  added: SetBuilder;
  modified: SetBuilder;
  removed: SetBuilder;
}

/** What an update changes. structured-merge-diff, `typed.Compare`. */
export function compareValues(table: TypeTable, schema: ValueSchema, before: unknown, after: unknown): Comparison {
  const builders = { added: new SetBuilder(), modified: new SetBuilder(), removed: new SetBuilder() };
  compare({ table, schema, path: [] }, before, after, builders);
  return { added: builders.added.done(), modified: builders.modified.done(), removed: builders.removed.done() };
}

interface Place {
  table: TypeTable;
  schema: ValueSchema | undefined;
  path: readonly string[];
}

function compare({ table, schema, path }: Place, before: unknown, after: unknown, out: Builders): void {
  if (before === after) return;
  const shape = shapeOf(table, schema, before, after);
  const isLeaf =
    shape.form === 'leaf' ||
    (shape.form === 'items' && isEmptyList(before) && isEmptyList(after)) ||
    (shape.form === 'parts' && isEmptyObject(before) && isEmptyObject(after));
  if (isLeaf) {
    if (before === undefined) insert(out.added, path);
    else if (after === undefined) insert(out.removed, path);
    else if (!deepEqual(before, after)) insert(out.modified, path);
    return;
  }
  if (shape.form === 'parts') {
    const [old, next] = [(before ?? {}) as JsonObject, (after ?? {}) as JsonObject];
    for (const name of Object.keys(old)) {
      // Most of an object stays as it is: ask that first, it needs no path.
      if (old[name] === undefined || deepEqual(old[name], next[name])) continue;
      compare({ table, schema: shape.part(name), path: [...path, `f:${name}`] }, old[name], next[name], out);
    }
    for (const name of Object.keys(next)) {
      if (old[name] === undefined && next[name] !== undefined)
        compare({ table, schema: shape.part(name), path: [...path, `f:${name}`] }, undefined, next[name], out);
    }
  } else compareItems({ table, schema, path }, shape as Shape & { form: 'items' }, [before, after], out);
  if (before === undefined) insert(out.added, path);
  else if (after === undefined) insert(out.removed, path);
}

function compareItems({ table, path }: Place, shape: Shape & { form: 'items' }, [before, after]: [unknown, unknown], out: Builders): void {
  const [old, next] = [itemsOf(shape, before), itemsOf(shape, after)];
  for (const [element, item] of old) {
    const other = next.get(element);
    if (!deepEqual(item, other)) compare({ table, schema: shape.item, path: [...path, element] }, item, other, out);
  }
  for (const [element, item] of next) {
    if (!old.has(element)) compare({ table, schema: shape.item, path: [...path, element] }, undefined, item, out);
  }
}

const isEmptyList = (value: unknown): boolean => value === undefined || value === null || (Array.isArray(value) && value.length === 0);
const isEmptyObject = (value: unknown): boolean =>
  value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);

function insert(builder: SetBuilder, path: readonly string[]): void {
  let at = builder;
  for (const element of path) at = at.at(element);
  at.insert();
}

/** `live` with a configuration laid over it. structured-merge-diff, `typed.Merge`. */
export function mergeValues(table: TypeTable, schema: ValueSchema | undefined, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined) return config;
  const shape = shapeOf(table, schema, live, config);
  if (shape.form === 'parts' && isObject(live) && isObject(config)) {
    const merged: JsonObject = { ...live };
    for (const [name, part] of Object.entries(config)) merged[name] = mergeValues(table, shape.part(name), live[name], part);
    return merged;
  }
  if (shape.form === 'items' && Array.isArray(live) && Array.isArray(config)) return mergeItems(table, shape, live, config);
  return config;
}

/** Items of the configuration in its order; what only `live` has stays in front of the items that it stood in front of. */
function mergeItems(table: TypeTable, shape: Shape & { form: 'items' }, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const liveElements = live.map((item) => shape.element(item));
  const places = new Map(liveElements.map((element, i) => [element, i]));
  const applied = new Set(config.map((item) => shape.element(item)));
  const merged: unknown[] = [];
  let next = 0;
  const takeLiveUntil = (end: number, stopAtShared: boolean): void => {
    for (; next < end; next++) {
      if (!applied.has(liveElements[next]!)) merged.push(live[next]);
      else if (stopAtShared) return;
    }
  };
  for (const item of config) {
    takeLiveUntil(live.length, true);
    const place = places.get(shape.element(item));
    if (place === undefined) {
      merged.push(item);
      continue;
    }
    takeLiveUntil(place, false);
    merged.push(mergeValues(table, shape.item, live[place], item));
    if (place === next) next++;
  }
  takeLiveUntil(live.length, false);
  return merged;
}

/** `value` without the paths of a set and what is below them; a map or list that loses everything becomes null. */
export function removeFields(table: TypeTable, schema: ValueSchema | undefined, value: unknown, gone: FieldSet): unknown {
  if (isEmptySet(gone)) return value;
  const shape = shapeOf(table, schema, value);
  if (shape.form === 'parts' && isObject(value)) {
    const kept: JsonObject = {};
    for (const [name, part] of Object.entries(value)) {
      const below = gone.children.get(`f:${name}`);
      if (below?.member) continue;
      kept[name] = below ? removeFields(table, shape.part(name), part, below) : part;
    }
    return Object.keys(kept).length > 0 || Object.keys(value).length === 0 ? kept : null;
  }
  if (shape.form === 'items' && Array.isArray(value)) {
    const kept: unknown[] = [];
    for (const item of value) {
      const below = gone.children.get(shape.element(item));
      if (below?.member) continue;
      kept.push(below ? removeFields(table, shape.item, item, below) : item);
    }
    return kept.length > 0 || value.length === 0 ? kept : null;
  }
  return value;
}

/** The set, with each declared struct field that has members below it as a member too. */
export function withNamedFields(table: TypeTable, schema: ValueSchema | undefined, set: FieldSet): FieldSet {
  if (set.children.size === 0) return set;
  const shape = shapeOf(table, schema, {});
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    const declared: FieldSchema | undefined = shape.form === 'parts' && name !== undefined ? shape.declared?.get(name) : undefined;
    const below =
      shape.form === 'parts' ? (name === undefined ? undefined : shape.part(name)) : shape.form === 'items' ? shape.item : undefined;
    const inner = withNamedFields(table, below, child);
    children.set(
      element,
      declared && !inner.member ? (inner.children.size > 0 ? { member: true, children: inner.children } : onlyMember) : inner,
    );
  }
  return { member: set.member, children };
}
