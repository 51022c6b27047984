/**
 * Sets of field paths, as `metadata.managedFields[].fieldsV1` holds them (KEP-555, structured-merge-diff `fieldpath`). A path is a
 * row of elements: `f:name` a field or key, `k:{"name":"x"}` an item by its keys, `v:"x"` an item by its value, `i:0` by position.
 * Sets never change; operations share what stays the same.
 */
export interface FieldSet {
  /** The path that leads here is in the set itself. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

const noChildren: ReadonlyMap<string, FieldSet> = new Map();
export const emptySet: FieldSet = { member: false, children: noChildren };
export const onlyMember: FieldSet = { member: true, children: noChildren };

export const isEmptySet = (set: FieldSet): boolean => !set.member && set.children.size === 0;

function make(member: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet {
  if (children.size > 0) return { member, children };
  return member ? onlyMember : emptySet;
}

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
  return changed ? make(a.member || b.member, children) : a;
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
  return children || member !== a.member ? make(member, children ?? a.children) : a;
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
  return children ? make(a.member, children) : a;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    if (!other) continue;
    const both = intersection(child, other);
    if (!isEmptySet(both)) children.set(element, both);
  }
  return make(a.member && b.member, children);
}

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
    .map((path) => path.reduceRight<FieldSet>((below, element) => make(false, new Map([[element, below]])), onlyMember))
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

type FieldsV1 = Record<string, unknown>;
const parsed = new WeakMap<FieldsV1, FieldSet>();
const written = new WeakMap<FieldSet, FieldsV1>();

/** Reads FieldsV1. Objects of a cache are shared and never change, so what was read once is kept with them. Throws for a malformed one. */
export function parseFieldsV1(fields: FieldsV1): FieldSet {
  const known = parsed.get(fields);
  if (known) return known;
  const set = readFields(fields, true);
  parsed.set(fields, set);
  return set;
}

function readFields(fields: FieldsV1, root: boolean): FieldSet {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new Error('fieldsV1: not an object');
  const children = new Map<string, FieldSet>();
  let member = false;
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.') member = true;
    else if (/^[fvki]:/.test(element)) children.set(canonicalElement(element), readFields(below as FieldsV1, false));
    else throw new Error(`fieldsV1: unknown path element ${JSON.stringify(element)}`);
  }
  return make(member || (children.size === 0 && !root), children);
}

/** Keys in the order of their names, as `formatFieldsV1` writes them. */
function canonicalElement(element: string): string {
  if (!element.startsWith('k:')) return element;
  return keyElement(JSON.parse(element.slice(2)) as Record<string, unknown>);
}

export function keyElement(keys: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(keys);
  if (names.length > 1) names.sort();
  return `k:{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(keys[name])}`).join(',')}}`;
}

/** Writes FieldsV1. The object is kept with the set: do not change it. */
export function formatFieldsV1(set: FieldSet): FieldsV1 {
  const known = written.get(set);
  if (known) return known;
  const fields: FieldsV1 = {};
  if (set.member && set.children.size > 0) fields['.'] = {};
  for (const [element, child] of [...set.children].toSorted(([a], [b]) => compareElements(a, b))) fields[element] = formatFieldsV1(child);
  if (set !== onlyMember) {
    written.set(set, fields);
    parsed.set(fields, set);
  }
  return fields;
}

/** Collects paths while a walk goes down; `done` gives the set. */
export class SetBuilder {
  private member = false;
  private children: Map<string, SetBuilder> | undefined;

  insert(): void {
    this.member = true;
  }

  at(element: string): SetBuilder {
    this.children ??= new Map();
    let child = this.children.get(element);
    if (!child) {
      child = new SetBuilder();
      this.children.set(element, child);
    }
    return child;
  }

  done(): FieldSet {
    if (!this.children) return this.member ? onlyMember : emptySet;
    const children = new Map<string, FieldSet>();
    for (const [element, builder] of this.children) {
      const child = builder.done();
      if (!isEmptySet(child)) children.set(element, child);
    }
    return make(this.member, children);
  }
}
