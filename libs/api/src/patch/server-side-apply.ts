import { Int64 } from '#base';
import { normalizeValue } from '../decode/decode.ts';
import { BadValue, goType, Mismatch } from '../decode/mismatch.ts';
import { ApiError, badRequest, type StatusCause } from '../meta/api-error.ts';
import { gvkOf, type KubeObject } from '../meta/object.ts';
import { atOnce, type Slices } from '../meta/slices.ts';
import type { TypeTable, ValueSchema } from '../type-table/schema.ts';
import { difference, emptySet, type FieldSet, intersection, isEmptySet, pathsOf, pathText, union } from './field-set.ts';
import { emptyLike, rootSchema, takeChanges, withManagedFields, withoutManagers, withoutReset, type WriteBy } from './managed-fields.ts';
import { takenFromClientSideApply, withLastApplied } from './last-applied.ts';
import { type Manager, managerKey, type Managers, readManagers, sameManagers, stripUnowned, writeManagers } from './managers.ts';
import { canonicalScalars, deepEqual, isObject, type JsonObject, type Shape, ShapeError, shapeOf } from './shape.ts';
import { compareValues, fieldsOf, mergeValues, removeFields, withNamedFields } from './typed-values.ts';

export interface ApplyOptions extends WriteBy {
  /** The kind that is applied to, as `apiVersion` is its version. */
  kind: string;
  /** Take fields from other managers instead of failing with 409. */
  force: boolean;
}

/**
 * Server-side apply: lays a configuration over the stored object (undefined: there is none), removes what its manager applied before
 * and does not apply any more, and writes down the owners. The answer must still be decoded and defaulted, which checks its types.
 * Throws ApiError 400 for what is no configuration, 409 with a cause for each conflict, 500 for fields that do not exist. KEP-555.
 */
export function serverSideApply(table: TypeTable, live: KubeObject | undefined, config: KubeObject, options: ApplyOptions): KubeObject {
  return atOnce(serverSideApplySlices(table, live, config, options));
}

/** The same in slices, for large objects and configurations. */
export function* serverSideApplySlices(
  table: TypeTable,
  live: KubeObject | undefined,
  config: KubeObject,
  options: ApplyOptions,
): Slices<KubeObject> {
  checkConfiguration(config, options);
  const schema = rootSchema(table, config);
  checkFields(table, schema, config);
  yield;
  const applied = canonicalScalars(table, schema, config) as KubeObject;
  yield;
  const appliedSet = ownedBy(table, schema, applied, options);
  yield;
  const base = live ?? emptyLike(table, config);
  const managers = yield* managersBefore(table, live, options);
  yield;
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
  yield;
  const object = prune(table, schema, { merged, last: last?.set ?? emptySet, managers: next }) as KubeObject;
  yield;
  yield* resolveConflicts(table, schema, { live: bare, object, managers: next, key, options });
  yield;
  // Nothing changed, then not even the time does.
  const same = last && sameManagers(managers, next) && sameObject(table, schema, bare, object);
  yield;
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

/** What no type needs to be known for: `k8s.io/apimachinery/pkg/util/managedfields/internal`, versioncheck.go and structuredmerge.go. */
function checkConfiguration(config: KubeObject, { apiVersion, kind }: ApplyOptions): void {
  const [version, named] = [textOf(config.apiVersion), textOf(config.kind)];
  if (config.metadata?.managedFields?.length) throw badRequest('metadata.managedFields must be nil');
  checkAppliedVersion(config, apiVersion);
  if (named !== kind) throw badRequest(`invalid object type: ${version.includes('/') ? '' : '/'}${version}, Kind=${named}`);
}

const textOf = (part: unknown): string => (typeof part === 'string' ? part : '');

/** A configuration is of the version that the path serves. Throws ApiError 400. */
export function checkAppliedVersion(config: KubeObject, apiVersion: string): void {
  const version = textOf(config.apiVersion);
  if (version === apiVersion) return;
  throw badRequest(`Incorrect version specified in apply patch. Specified patch version: ${version}, expected: ${apiVersion}`);
}

/** Managers of the stored object. One that was never applied to belongs to `before-first-apply` as a whole. */
function* managersBefore(table: TypeTable, live: KubeObject | undefined, options: ApplyOptions): Slices<Managers> {
  let managers: Managers;
  try {
    managers = readManagers(live?.metadata.managedFields);
  } catch {
    managers = new Map(); // as for updates: what cannot be read is dropped
  }
  if (live && managers.size === 0) {
    yield* takeChanges(
      table,
      managers,
      { live: emptyLike(table, live), next: live },
      { ...options, manager: 'before-first-apply', subresource: '' },
    );
  }
  return managers;
}

function checkFields(table: TypeTable, schema: ValueSchema, applied: KubeObject): void {
  const problems: string[] = [];
  checkValue({ table, schema, path: '' }, applied, problems);
  if (problems.length > 0) throw notTyped(applied, problems.length === 1 ? problems[0]! : `errors:\n${listed(problems)}`);
}

function ownedBy(table: TypeTable, schema: ValueSchema, applied: KubeObject, options: ApplyOptions): FieldSet {
  try {
    return withoutReset(stripUnowned(fieldsOf(table, schema, applied)), options.resetFields);
  } catch (err) {
    if (err instanceof ShapeError) throw notTyped(applied, err.message, err);
    throw err;
  }
}

function notTyped(applied: KubeObject, why: string, cause?: unknown): ApiError {
  const { group, version, kind } = gvkOf(applied);
  const { namespace, name }: { namespace?: unknown; name?: unknown } = applied.metadata ?? {};
  const shown = [namespace, name].map((part) => (typeof part === 'string' ? part : '')).join('/');
  const message = `failed to create typed patch object (${shown}; ${group}/${version}, Kind=${kind}): ${why}`;
  return new ApiError({ code: 500, reason: '', message }, cause);
}

/** More complaints than this help nobody, and would make an answer larger than the request. */
const maxProblems = 100;

function listed(problems: readonly string[]): string {
  const told = problems.slice(0, maxProblems).map((problem) => `  ${problem}`);
  return [...told, ...(problems.length > maxProblems ? ['  and more'] : [])].join('\n');
}

/** Complains of values that do not fit the schema, `.spec.nope: field not declared in schema`. */
function checkValue(
  { table, schema, path }: { table: TypeTable; schema: ValueSchema | undefined; path: string },
  value: unknown,
  problems: string[],
): void {
  if (value === null || value === undefined || !schema || problems.length > maxProblems) return;
  const shown = (): string => JSON.stringify(value).slice(0, maxShownChars);
  switch (schema.type) {
    case 'struct': {
      if (!isObject(value)) return void problems.push(`${path}: expected map, got &{${shown()}}`);
      const struct = table.type(schema.of);
      for (const name of Object.keys(value)) {
        if (problems.length > maxProblems) return;
        const part = value[name];
        const field = struct?.fields.get(name);
        if (!field && struct && !struct.preserveUnknown) problems.push(`${path}.${name}: field not declared in schema`);
        else checkValue({ table, schema: field?.value, path: `${path}.${name}` }, part, problems);
      }
      return;
    }
    case 'map':
      if (!isObject(value)) return void problems.push(`${path}: expected map, got &{${shown()}}`);
      for (const [name, part] of Object.entries(value)) {
        checkValue({ table, schema: schema.values, path: `${path}.${name}` }, part, problems);
      }
      return;
    case 'list':
      if (!Array.isArray(value)) return void problems.push(`${path}: expected list, got &{${shown()}}`);
      return checkItems({ table, schema, path }, value, problems);
    default: {
      const expected = expectedScalar(schema, value);
      if (expected) problems.push(`${path}: expected ${expected}, got &value.valueUnstructured{Value:${shown()}}`);
    }
  }
}

/** Items that are told apart by key or value stand once each, as structured-merge-diff's `typed.AsTyped` demands of what is applied. */
function checkItems(
  { table, schema, path }: { table: TypeTable; schema: ValueSchema & { type: 'list' }; path: string },
  list: unknown[],
  problems: string[],
): void {
  const shape = shapeOf(table, schema);
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    if (problems.length > maxProblems) return;
    let place = `[${i}]`;
    if (shape.form === 'items') {
      const element = elementOrWhy(shape, item);
      if (element instanceof ShapeError) return void problems.push(`${path}: element ${i}: ${element.message}`);
      place = pathText([element]);
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${place}`);
      seen.add(element);
    }
    checkValue({ table, schema: schema.items, path: `${path}${place}` }, item, problems);
  }
}

function elementOrWhy(shape: Shape & { form: 'items' }, item: unknown): string | ShapeError {
  try {
    return shape.element(item);
  } catch (err) {
    if (err instanceof ShapeError) return err;
    throw err;
  }
}

const maxShownChars = 1024;

function expectedScalar(schema: ValueSchema, value: unknown): string | undefined {
  const name = goType(schema);
  if (schema.type === 'bool') return typeof value === 'boolean' ? undefined : 'boolean';
  if (/^(int|float)\d/.test(name)) return typeof value === 'number' || value instanceof Int64 ? undefined : 'numeric (int or float)';
  const isText = ['string', 'bytes', 'time', 'microTime', 'duration'].includes(schema.type);
  return !isText || typeof value === 'string' ? undefined : 'string';
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
function* resolveConflicts(table: TypeTable, schema: ValueSchema, { live, object, managers, key, options }: Resolution): Slices<void> {
  const compared = compareValues(table, schema, live, object);
  yield;
  const changed = withoutReset(union(compared.added, compared.modified), options.resetFields);
  const removed = withoutReset(compared.removed, options.resetFields);
  const allowed = takenFromClientSideApply(table, schema, live, options.manager);
  yield;
  const conflicts: { manager: Manager; path: string }[] = [];
  for (const [id, manager] of managers) {
    if (id === key) continue;
    const taken = intersection(manager.set, changed);
    if (!options.force) for (const path of pathsOf(difference(taken, allowed))) conflicts.push({ manager, path: pathText(path) });
    const rest = difference(difference(manager.set, taken), removed);
    if (rest === manager.set) continue;
    if (isEmptySet(rest)) managers.delete(id);
    else managers.set(id, { ...manager, set: rest });
    yield;
  }
  if (conflicts.length > 0) throw conflictError(conflicts);
}

/** Conflicts that an answer names. */
const maxTold = 1000;
const andMore = (count: number): string => (count > maxTold ? `\nand ${count - maxTold} more` : '');

function conflictError(conflicts: readonly { manager: Manager; path: string }[]): ApiError {
  const told = conflicts.slice(0, maxTold);
  const causes: StatusCause[] = told.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${shownManager(manager)}`,
    field: path,
  }));
  const byManager = new Map<string, string[]>();
  for (const { manager, path } of told) {
    const shown = shownManager(manager);
    const paths = byManager.get(shown);
    if (paths) paths.push(path);
    else byManager.set(shown, [path]);
  }
  const message =
    conflicts.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${conflicts[0]!.path}`
      : `Apply failed with ${conflicts.length} conflicts: ${[...byManager]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([shown, paths]) => `conflicts with ${shown}:\n${paths.map((path) => `- ${path}`).join('\n')}`)
          .join('\n')}${andMore(conflicts.length)}`;
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
