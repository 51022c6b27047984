import { setKey, lookUp } from '#base';

/**
 * Sets of field paths, as `metadata.managedFields[].fieldsV1` holds them (KEP-555, structured-merge-diff `fieldpath`). A path is a
 * row of elements: `f:name` a field or key, `k:{"name":"x"}` an item by its keys, `v:"x"` an item by its value, `i:0` by position.
 * Sets never change; operations share what stays the same.
 */
export interface FieldSet {
  /** The path that leads here is in the set itself. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
  /** Its FieldsV1, once written; parts that sets share are written once. */
  written?: FieldsV1;
}

type FieldsV1 = Record<string, unknown>;

const noChildren: ReadonlyMap<string, FieldSet> = new Map();
/** The set without any path; `makeSet` makes no second one. */
export const emptySet: FieldSet = { member: false, children: noChildren };
export const onlyMember: FieldSet = { member: true, children: noChildren };

/** No path is in it. */
export const isEmptySet = (set: FieldSet): boolean => !set.member && set.children.size === 0;

/** A set from its parts, which must not be empty themselves. */
export function makeSet(member: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet {
  if (children.size > 0) return { member, children };
  return member ? onlyMember : emptySet;
}

/** The set with its own path in it. */
export const asMember = (set: FieldSet): FieldSet => (set.member ? set : makeSet(true, set.children));

const fieldElements = new Map<string, string>();

/** `f:name`; the few names that objects are made of are kept. */
export function fieldElement(name: string): string {
  let element = fieldElements.get(name);
  if (element === undefined) {
    element = `f:${name}`;
    if (fieldElements.size < 8192) fieldElements.set(name, element);
  }
  return element;
}

/** What is in either. Answers `a` or `b` itself where that is all: sets are shared between versions of an object. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  const children = new Map(a.children);
  let changed = b.member && !a.member;
  for (const [element, child] of b.children) {
    const mine = children.get(element);
    const joined = mine ? union(mine, child) : child;
    if (joined === mine) continue;
    children.set(element, joined);
    changed = true;
  }
  return changed ? makeSet(a.member || b.member, children) : a;
}

/** Paths of `a` that are not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  let children: Map<string, FieldSet> | undefined;
  for (const [element, child] of b.children) {
    const mine = a.children.get(element);
    if (!mine) continue;
    const rest = difference(mine, child);
    if (rest === mine) continue;
    children ??= new Map(a.children);
    if (isEmptySet(rest)) children.delete(element);
    else children.set(element, rest);
  }
  const member = a.member && !b.member;
  return children || member !== a.member ? makeSet(member, children ?? a.children) : a;
}

/** `a` without the paths in `b` and everything below them. */
export function withoutSubtrees(a: FieldSet, b: FieldSet): FieldSet {
  if (b.member) return emptySet;
  let children: Map<string, FieldSet> | undefined;
  for (const [element, child] of b.children) {
    const mine = a.children.get(element);
    if (!mine) continue;
    children ??= new Map(a.children);
    const rest = withoutSubtrees(mine, child);
    if (isEmptySet(rest)) children.delete(element);
    else children.set(element, rest);
  }
  return children ? makeSet(a.member, children) : a;
}

/** Paths that are in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    if (!other) continue;
    const both = intersection(child, other);
    if (!isEmptySet(both)) children.set(element, both);
  }
  return makeSet(a.member && b.member, children);
}

/** Whether both have the same paths. Shared parts are told by identity, so versions of one object compare quickly. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.member !== b.member || a.children.size !== b.children.size) return false;
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    if (!other || !equalSets(child, other)) return false;
  }
  return true;
}

/** The set of one path, or of several, each given by its elements. */
export function setOf(...paths: readonly (readonly string[])[]): FieldSet {
  return paths
    .map((path) => path.reduceRight<FieldSet>((below, element) => makeSet(false, new Map([[element, below]])), onlyMember))
    .reduce(union, emptySet);
}

/** Every path of a set, in order. */
export function pathsOf(set: FieldSet, prefix: readonly string[] = []): string[][] {
  const below = [...set.children]
    .toSorted(([a], [b]) => compareElements(a, b))
    .flatMap(([element, child]) => pathsOf(child, [...prefix, element]));
  return set.member ? [[...prefix], ...below] : below;
}

/** Fields, then items by key, by value, by position; each in the order of their text. */
function compareElements(a: string, b: string): number {
  const rank = (element: string): number => 'fkvi'.indexOf(element[0]!);
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** `.spec.containers[name="c"].image`, as conflicts name fields. */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      const text = element.slice(2);
      switch (element[0]) {
        case 'k':
          return `[${Object.entries(JSON.parse(text) as object)
            .map(([k, v]) => `${k}=${JSON.stringify(v)}`)
            .join(',')}]`;
        case 'v':
          return `[=${text}]`;
        case 'i':
          return `[${text}]`;
        default:
          return `.${text}`;
      }
    })
    .join('');
}

/**
 * Reads FieldsV1. Throws for a malformed one. It is read anew each time: keeping the outcome in a WeakMap made every garbage collection
 * walk it, which cost more than the reading.
 */
export function parseFieldsV1(fields: FieldsV1): FieldSet {
  return readFields(fields, true);
}

function readFields(fields: FieldsV1, root: boolean): FieldSet {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new Error('fieldsV1: not an object');
  const children = new Map<string, FieldSet>();
  let member = false;
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.') member = true;
    else if (element[1] === ':' && 'fvki'.includes(element[0]!))
      children.set(canonicalElement(element), readFields(below as FieldsV1, false));
    else throw new Error(`fieldsV1: unknown path element ${JSON.stringify(element)}`);
  }
  return makeSet(member || (children.size === 0 && !root), children);
}

/** Keys in the order of their names, as `formatFieldsV1` writes them. */
function canonicalElement(element: string): string {
  if (!element.startsWith('k:') || !element.includes(',')) return element;
  return keyElement(JSON.parse(element.slice(2)) as Record<string, unknown>);
}

/** `k:` and the keys as JSON, in the order of their names: one item has one element, however its manager wrote it. */
export function keyElement(keys: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(keys);
  if (names.length > 1) names.sort();
  return `k:{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(lookUp(keys, name))}`).join(',')}}`;
}

/** Nobody reads longer lists, and bringing them into order takes longer than all the rest. */
const maxSorted = 10_000;

function inOrder(children: ReadonlyMap<string, FieldSet>): Iterable<string> {
  return children.size > maxSorted ? children.keys() : [...children.keys()].toSorted();
}

/** Writes FieldsV1. The object is kept with the set: do not change it. */
export function formatFieldsV1(set: FieldSet): FieldsV1 {
  if (set.written) return set.written;
  const fields: FieldsV1 = {};
  if (set.children.size === 0) return fields;
  if (set.member) fields['.'] = {};
  for (const element of inOrder(set.children)) setKey(fields, element, formatFieldsV1(set.children.get(element)!));
  set.written = fields;
  return fields;
}
