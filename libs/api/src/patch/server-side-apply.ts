import { Int64 } from '#base';
import { normalizeValue } from '../decode/decode.ts';
import { BadValue, goType, Mismatch } from '../decode/mismatch.ts';
import { ApiError, badRequest, type StatusCause } from '../meta/api-error.ts';
import { gvkOf, type KubeObject } from '../meta/object.ts';
import type { TypeTable, ValueSchema } from '../type-table/schema.ts';
import { difference, emptySet, type FieldSet, intersection, isEmptySet, pathsOf, pathText, union } from './field-set.ts';
import { emptyLike, rootSchema, takeChanges, withManagedFields, withoutManagers, withoutReset, type WriteBy } from './managed-fields.ts';
import { takenFromClientSideApply, withLastApplied } from './last-applied.ts';
import { type Manager, managerKey, type Managers, readManagers, sameManagers, stripUnowned, writeManagers } from './managers.ts';
import { canonicalScalars, deepEqual, isObject, type JsonObject, type Shape, ShapeError, shapeOf } from './shape.ts';
import { compareValues, fieldsOf, mergeValues, removeFields, withNamedFields } from './typed-values.ts';

export interface ApplyOptions extends WriteBy {
  /** Take fields from other managers instead of failing with 409. */
  force: boolean;
}

/**
 * Server-side apply: lays a configuration over the stored object (undefined: there is none), removes what its manager applied before
 * and does not apply any more, and writes down the owners. The answer must still be decoded and defaulted, which checks its types.
 * Throws ApiError 400 for what is no configuration, 409 with a cause for each conflict, 500 for fields that do not exist. KEP-555.
 */
export function serverSideApply(table: TypeTable, live: KubeObject | undefined, config: KubeObject, options: ApplyOptions): KubeObject {
  checkConfiguration(config, options);
  const schema = rootSchema(table, config);
  const applied = canonicalScalars(table, schema, config) as KubeObject;
  const appliedSet = ownedBy(table, schema, applied, options);
  const base = live ?? emptyLike(table, config);
  const managers = managersBefore(table, live, options);
  const self: Manager = {
    manager: options.manager,
    operation: 'Apply',
    apiVersion: options.apiVersion,
    subresource: options.subresource ?? '',
    time: options.now,
    set: appliedSet,
  };
  const key = managerKey(self);
  const last = managers.get(key);
  const next: Managers = new Map(managers).set(key, self);
  const bare = withoutManagers(base);
  const merged = mergeValues(table, schema, bare, applied) as KubeObject;
  const object = prune(table, schema, { merged, last: last?.set ?? emptySet, managers: next }) as KubeObject;
  resolveConflicts(table, schema, { live: bare, object, managers: next, key, options });
  // Nothing changed, then not even the time does.
  const same = last && sameManagers(managers, next) && sameObject(table, schema, bare, object);
  return withLastApplied(same ? base : withManagedFields(object, writeManagers(next)), config, options.manager);
}

/** Alike once zero values are written as stored objects have them. */
function sameObject(table: TypeTable, { of: typeName }: { of: string }, live: KubeObject, object: KubeObject): boolean {
  if (deepEqual(live, object)) return true;
  try {
    return deepEqual(normalizeValue(table, typeName, live), normalizeValue(table, typeName, object));
  } catch (err) {
    if (err instanceof BadValue || err instanceof Mismatch) return false; // decoding the outcome names the field
    throw err;
  }
}

function checkConfiguration(config: KubeObject, { apiVersion }: ApplyOptions): void {
  if (config.metadata?.managedFields?.length) throw badRequest('metadata.managedFields must be nil');
  if (config.apiVersion !== apiVersion) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${config.apiVersion ?? ''}, expected: ${apiVersion}`,
    );
  }
}

/** Managers of the stored object. One that was never applied to belongs to `before-first-apply` as a whole. */
function managersBefore(table: TypeTable, live: KubeObject | undefined, options: ApplyOptions): Managers {
  let managers: Managers;
  try {
    managers = readManagers(live?.metadata.managedFields);
  } catch {
    managers = new Map(); // as for updates: what cannot be read is dropped
  }
  if (live && managers.size === 0) {
    takeChanges(
      table,
      managers,
      { live: emptyLike(table, live), next: live },
      { ...options, manager: 'before-first-apply', subresource: '' },
    );
  }
  return managers;
}

function ownedBy(table: TypeTable, schema: ValueSchema, applied: KubeObject, options: ApplyOptions): FieldSet {
  const refuse = (why: string, cause?: unknown): ApiError => {
    const { group, version, kind } = gvkOf(applied);
    const { namespace = '', name = '' } = applied.metadata ?? {};
    const message = `failed to create typed patch object (${namespace}/${name}; ${group}/${version}, Kind=${kind}): ${why}`;
    return new ApiError({ code: 500, reason: '', message }, cause);
  };
  const problems = checkValue({ table, schema, path: '' }, applied);
  if (problems.length > 0) throw refuse(problems.length === 1 ? problems[0]! : `errors:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  try {
    return withoutReset(stripUnowned(fieldsOf(table, schema, applied)), options.resetFields);
  } catch (err) {
    if (err instanceof ShapeError) throw refuse(err.message, err);
    throw err;
  }
}

/** More complaints than this help nobody, and would make an answer larger than the request. */
const maxProblems = 100;

/** Complaints about values that do not fit the schema, `.spec.nope: field not declared in schema`. */
function checkValue(
  { table, schema, path }: { table: TypeTable; schema: ValueSchema | undefined; path: string },
  value: unknown,
): string[] {
  if (value === null || value === undefined || !schema) return [];
  switch (schema.type) {
    case 'struct': {
      if (!isObject(value)) return [`${path}: expected map, got &{${JSON.stringify(value)}}`];
      const struct = table.type(schema.of);
      return Object.entries(value).flatMap(([name, part]) => {
        const field = struct?.fields.get(name);
        if (!field && struct && !struct.preserveUnknown) return [`${path}.${name}: field not declared in schema`];
        return checkValue({ table, schema: field?.value, path: `${path}.${name}` }, part);
      });
    }
    case 'map':
      if (!isObject(value)) return [`${path}: expected map, got &{${JSON.stringify(value)}}`];
      return Object.entries(value).flatMap(([name, part]) => checkValue({ table, schema: schema.values, path: `${path}.${name}` }, part));
    case 'list':
      if (!Array.isArray(value)) return [`${path}: expected list, got &{${JSON.stringify(value)}}`];
      return checkItems({ table, schema, path }, value);
    default:
      return checkScalar(schema, value, path);
  }
}

/** Items that are told apart by key or value stand once each, as structured-merge-diff's `typed.AsTyped` demands of what is applied. */
function checkItems(
  { table, schema, path }: { table: TypeTable; schema: ValueSchema & { type: 'list' }; path: string },
  list: unknown[],
): string[] {
  const shape = shapeOf(table, schema);
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const [i, item] of list.entries()) {
    let place = `[${i}]`;
    if (shape.form === 'items') {
      const element = elementOrWhy(shape, item);
      if (element instanceof ShapeError) return [...problems, `${path}: element ${i}: ${element.message}`];
      place = pathText([element]);
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${place}`);
      seen.add(element);
    }
    problems.push(...checkValue({ table, schema: schema.items, path: `${path}${place}` }, item));
    if (problems.length >= maxProblems) return problems;
  }
  return problems;
}

function elementOrWhy(shape: Shape & { form: 'items' }, item: unknown): string | ShapeError {
  try {
    return shape.element(item);
  } catch (err) {
    if (err instanceof ShapeError) return err;
    throw err;
  }
}

function checkScalar(schema: ValueSchema, value: unknown, path: string): string[] {
  const complain = (expected: string): string[] => [
    `${path}: expected ${expected}, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`,
  ];
  const name = goType(schema);
  if (schema.type === 'bool') return typeof value === 'boolean' ? [] : complain('boolean');
  if (/^(int|float)\d/.test(name)) return typeof value === 'number' || value instanceof Int64 ? [] : complain('numeric (int or float)');
  if (['string', 'bytes', 'time', 'microTime', 'duration'].includes(schema.type))
    return typeof value === 'string' ? [] : complain('string');
  return [];
}

/** Takes out what the manager applied last time and neither it nor anyone else owns now. */
function prune(
  table: TypeTable,
  schema: ValueSchema,
  { merged, last, managers }: { merged: KubeObject; last: FieldSet; managers: Managers },
): unknown {
  if (isEmptySet(last)) return merged;
  const owned = [...managers.values()].reduce((all, m) => union(all, m.set), emptySet);
  const gone = difference(withNamedFields(table, schema, last), withNamedFields(table, schema, owned));
  return removeFields(table, schema, merged, stripUnowned(gone));
}

interface Resolution {
  live: KubeObject;
  object: KubeObject;
  managers: Managers;
  key: string;
  options: ApplyOptions;
}

/** Others own what the apply changes: that is a conflict, or theirs no longer when forced. */
function resolveConflicts(table: TypeTable, schema: ValueSchema, { live, object, managers, key, options }: Resolution): void {
  const compared = compareValues(table, schema, live, object);
  const changed = withoutReset(union(compared.added, compared.modified), options.resetFields);
  const removed = withoutReset(compared.removed, options.resetFields);
  const allowed = takenFromClientSideApply(table, schema, live, options.manager);
  const conflicts: { manager: Manager; path: string }[] = [];
  for (const [id, manager] of managers) {
    if (id === key) continue;
    const taken = intersection(manager.set, changed);
    if (!options.force) conflicts.push(...pathsOf(difference(taken, allowed)).map((path) => ({ manager, path: pathText(path) })));
    const rest = difference(difference(manager.set, taken), removed);
    if (rest === manager.set) continue;
    if (isEmptySet(rest)) managers.delete(id);
    else managers.set(id, { ...manager, set: rest });
  }
  if (conflicts.length > 0) throw conflictError(conflicts);
}

function conflictError(conflicts: readonly { manager: Manager; path: string }[]): ApiError {
  const causes: StatusCause[] = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${shownManager(manager)}`,
    field: path,
  }));
  const byManager = new Map<string, string[]>();
  for (const { manager, path } of conflicts) {
    const shown = shownManager(manager);
    byManager.set(shown, [...(byManager.get(shown) ?? []), path]);
  }
  const message =
    conflicts.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${conflicts[0]!.path}`
      : `Apply failed with ${conflicts.length} conflicts: ${[...byManager]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([shown, paths]) => `conflicts with ${shown}:\n${paths.map((path) => `- ${path}`).join('\n')}`)
          .join('\n')}`;
  return new ApiError({ code: 409, reason: 'Conflict', message, details: { causes } });
}

function shownManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = `${JSON.stringify(manager)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** The parsed body of an apply request as a configuration. Throws ApiError 400 when it is no object. */
export function configurationOf(value: unknown): KubeObject {
  if (!isObject(value)) throw badRequest('error decoding YAML: the configuration is not an object');
  return value as JsonObject as unknown as KubeObject;
}
