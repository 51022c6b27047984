import { setKey, lookUp } from '#base';
import type { FieldSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';
import { asMember, emptySet, fieldElement, type FieldSet, isEmptySet, makeSet, onlyMember } from './field-set.ts';
import { deepEqual, isObject, itemsOf, type JsonObject, type Shape, shapeOf } from './shape.ts';

/** The fields that a configuration sets: what its applier comes to own. structured-merge-diff, `typed.ToFieldSet`. */
export function fieldsOf(table: TypeTable, schema: ValueSchema | undefined, value: unknown): FieldSet {
  const shape = shapeOf(table, schema, value);
  const children = new Map<string, FieldSet>();
  if (shape.form === 'parts' && (value === null || isObject(value))) {
    for (const [name, part] of Object.entries(value ?? {})) {
      const below = fieldsOf(table, shape.part(name), part);
      const isEmptyPart = part === null || (isObject(part) && Object.keys(part).length === 0);
      const set = isEmptyPart || !shape.declared?.has(name) ? asMember(below) : below;
      if (!isEmptySet(set)) children.set(fieldElement(name), set);
    }
    return makeSet(false, children);
  }
  if (shape.form === 'items' && (value === null || Array.isArray(value))) {
    for (const item of (value as unknown[] | null) ?? []) children.set(shape.element(item), asMember(fieldsOf(table, shape.item, item)));
    return makeSet(false, children);
  }
  return onlyMember;
}

/** Every path of a value that is new or gone as a whole. */
function allPathsOf(table: TypeTable, schema: ValueSchema | undefined, value: unknown): FieldSet {
  const shape = shapeOf(table, schema, value);
  if (shape.form === 'parts' && isObject(value)) {
    const children = new Map<string, FieldSet>();
    for (const name of Object.keys(value)) {
      const part = value[name];
      if (part !== undefined) children.set(fieldElement(name), allPathsOf(table, shape.part(name), part));
    }
    return makeSet(true, children);
  }
  if (shape.form === 'items' && Array.isArray(value)) {
    const children = new Map<string, FieldSet>();
    for (const item of value) children.set(shape.element(item), allPathsOf(table, shape.item, item));
    return makeSet(true, children);
  }
  return onlyMember;
}

export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

const unchanged: Comparison = { added: emptySet, modified: emptySet, removed: emptySet };

/** What an update changes. structured-merge-diff, `typed.Compare`. */
export function compareValues(table: TypeTable, schema: ValueSchema | undefined, before: unknown, after: unknown): Comparison {
  if (before === undefined) return { ...unchanged, added: allPathsOf(table, schema, after) };
  if (after === undefined) return { ...unchanged, removed: allPathsOf(table, schema, before) };
  // Most of an object stays as it is, and that is quickly told.
  if (deepEqual(before, after)) return unchanged;
  const shape = shapeOf(table, schema, before, after);
  const isLeaf =
    shape.form === 'leaf' ||
    (shape.form === 'items' && isEmptyList(before) && isEmptyList(after)) ||
    (shape.form === 'parts' && isEmptyObject(before) && isEmptyObject(after));
  if (isLeaf) return { ...unchanged, modified: onlyMember };
  const found = { added: new Map<string, FieldSet>(), modified: new Map<string, FieldSet>(), removed: new Map<string, FieldSet>() };
  if (shape.form === 'parts') compareParts(table, shape, [before, after], found);
  else compareItems(table, shape as Shape & { form: 'items' }, [before, after], found);
  return { added: makeSet(false, found.added), modified: makeSet(false, found.modified), removed: makeSet(false, found.removed) };
}

type Found = Record<keyof Comparison, Map<string, FieldSet>>;

function note(found: Found, element: string, { added, modified, removed }: Comparison): void {
  if (!isEmptySet(added)) found.added.set(element, added);
  if (!isEmptySet(modified)) found.modified.set(element, modified);
  if (!isEmptySet(removed)) found.removed.set(element, removed);
}

function compareParts(table: TypeTable, shape: Shape & { form: 'parts' }, [before, after]: [unknown, unknown], found: Found): void {
  const old = isObject(before) ? before : {};
  const next = isObject(after) ? after : {};
  for (const name of Object.keys(old)) {
    if (old[name] !== undefined) note(found, fieldElement(name), compareValues(table, shape.part(name), old[name], lookUp(next, name)));
  }
  for (const name of Object.keys(next)) {
    if (lookUp(old, name) !== undefined || next[name] === undefined) continue;
    note(found, fieldElement(name), compareValues(table, shape.part(name), undefined, next[name]));
  }
}

function compareItems(table: TypeTable, shape: Shape & { form: 'items' }, [before, after]: [unknown, unknown], found: Found): void {
  const [old, next] = [itemsOf(shape, before), itemsOf(shape, after)];
  for (const [element, item] of old) note(found, element, compareValues(table, shape.item, item, next.get(element)));
  for (const [element, item] of next) if (!old.has(element)) note(found, element, compareValues(table, shape.item, undefined, item));
}

const isEmptyList = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);
const isEmptyObject = (value: unknown): boolean => value === null || (isObject(value) && Object.keys(value).length === 0);

/** `live` with a configuration laid over it. structured-merge-diff, `typed.Merge`. */
export function mergeValues(table: TypeTable, schema: ValueSchema | undefined, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined) return config;
  const shape = shapeOf(table, schema, live, config);
  if (shape.form === 'parts' && isObject(live) && isObject(config)) {
    const merged: JsonObject = { ...live };
    for (const [name, part] of Object.entries(config)) setKey(merged, name, mergeValues(table, shape.part(name), lookUp(live, name), part));
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
      setKey(kept, name, below ? removeFields(table, shape.part(name), part, below) : part);
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
    children.set(element, declared ? asMember(inner) : inner);
  }
  return { member: set.member, children };
}
