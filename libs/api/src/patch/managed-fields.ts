import { normalizeValue } from '../decode/decode.ts';
import type { KubeObject, ManagedFieldsEntry } from '../meta/object.ts';
import { atOnce, type Slices } from '../meta/slices.ts';
import type { TypeTable, ValueSchema } from '../type-table/schema.ts';
import { difference, type FieldSet, isEmptySet, setOf, union, withoutSubtrees } from './field-set.ts';
import { capUpdaters, type Manager, managerKey, type Managers, managersFor, stripUnowned, writeManagers } from './managers.ts';
import { compareValues } from './typed-values.ts';
import { ShapeError } from './shape.ts';

export interface WriteBy {
  /** Name of the field manager: the request's `fieldManager`, else `managerFromUserAgent`. */
  manager: string;
  /** Version of the object as the request sees it: `apps/v1`. */
  apiVersion: string;
  /** '' for the object itself, `status`, `scale` … */
  subresource?: string;
  /** Time of the write, RFC 3339 in seconds. */
  now: string;
  /** Top-level fields that this path resets and nobody can come to own by it: `status` of the object itself, all but it of `status`. */
  resetFields?: readonly string[];
}

/** The part of a client's user agent that names it, as the field manager of a write that names none. */
export function managerFromUserAgent(userAgent: string | undefined): string {
  const name = (userAgent ?? '').split('/', 1)[0]!;
  if (/^[ -~]{1,128}$/.test(name)) return name;
  const printable = name.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '');
  const cut = Buffer.from(printable).subarray(0, 128).toString();
  return cut.replace(/\ufffd+$/, '') || 'unknown';
}

/**
 * The next object with its field owners after a create (`live` undefined), update or patch: the writer owns what it added or changed,
 * others lose what was changed or removed. Both objects must be decoded and defaulted, before admission changes them. An object whose
 * managers were stripped stays without until it is applied to. KEP-555.
 */
export function updateManagedFields<T extends KubeObject>(table: TypeTable, live: KubeObject | undefined, next: T, by: WriteBy): T {
  return atOnce(managedFieldsSlices(table, live, next, by));
}

/** The same in slices, for large objects. */
export function* managedFieldsSlices<T extends KubeObject>(
  table: TypeTable,
  live: KubeObject | undefined,
  next: T,
  by: WriteBy,
): Slices<T> {
  try {
    return yield* withOwners(table, { live, next }, by);
  } catch (err) {
    if (!(err instanceof ShapeError)) throw err;
    // An item without its key has no name that an owner could be written down for. The write stands and its owners go, as upstream's
    // `UpdateNoErrors` has it.
    return withManagedFields(next, []);
  }
}

function* withOwners<T extends KubeObject>(
  table: TypeTable,
  { live, next }: { live: KubeObject | undefined; next: T },
  by: WriteBy,
): Slices<T> {
  const stored = live?.metadata.managedFields;
  const { managers, edited } = managersFor(live, next, Boolean(by.subresource));
  if (live && managers.size === 0) return withManagedFields(next, []);
  yield;
  const changed = yield* takeChanges(table, managers, { live: live ?? emptyLike(table, next), next }, by);
  if (!changed && !edited && stored) return next.metadata.managedFields === stored ? next : withManagedFields(next, stored);
  yield;
  return withManagedFields(next, writeManagers(managers));
}

/** Gives `by` what differs between two objects, and takes it from the others. Answers whether anything differs. */
export function* takeChanges(
  table: TypeTable,
  managers: Managers,
  { live, next }: { live: KubeObject; next: KubeObject },
  by: WriteBy,
): Slices<boolean> {
  const schema = rootSchema(table, next);
  const compared = compareValues(table, schema, withoutManagers(live), withoutManagers(next));
  yield;
  const changed = withoutReset(union(compared.added, compared.modified), by.resetFields);
  const removed = withoutReset(compared.removed, by.resetFields);
  if (isEmptySet(changed) && isEmptySet(removed)) return false;
  yield;
  const lost = union(changed, removed);
  const self: Manager = {
    manager: by.manager,
    operation: 'Update',
    apiVersion: by.apiVersion,
    subresource: by.subresource ?? '',
    time: by.now,
    set: stripUnowned(changed),
  };
  const key = managerKey(self);
  for (const [id, manager] of managers) {
    const rest = difference(manager.set, id === key ? removed : lost);
    if (rest === manager.set) continue;
    if (isEmptySet(rest)) managers.delete(id);
    else managers.set(id, { ...manager, set: rest });
  }
  if (!isEmptySet(self.set)) {
    const previous = managers.get(key);
    managers.set(key, previous ? { ...self, set: union(previous.set, self.set) } : self);
  }
  capUpdaters(managers);
  return true;
}

export function withoutReset(set: FieldSet, resetFields: readonly string[] | undefined): FieldSet {
  return resetFields?.length ? withoutSubtrees(set, setOf(...resetFields.map((path) => path.split('.').map((name) => `f:${name}`)))) : set;
}

export function rootSchema(table: TypeTable, { apiVersion, kind }: { apiVersion: string; kind: string }): ValueSchema & { type: 'struct' } {
  const slash = apiVersion.indexOf('/');
  const struct = table.kind({ group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), kind });
  if (!struct) throw new Error(`type table: ${apiVersion} ${kind} is not there`);
  return { type: 'struct', of: struct.name };
}

/** An object of the kind with nothing set: what a create is compared with. */
export function emptyLike(table: TypeTable, { apiVersion, kind }: { apiVersion: string; kind: string }): KubeObject {
  const { of: typeName } = rootSchema(table, { apiVersion, kind });
  return { ...(normalizeValue(table, typeName, {}, { defaults: false }) as unknown as KubeObject), apiVersion, kind };
}

export function withoutManagers<T extends KubeObject>(object: T): T {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

export function withManagedFields<T extends KubeObject>(object: T, managedFields: ManagedFieldsEntry[]): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: managedFields.length > 0 ? { ...metadata, managedFields } : metadata };
}
