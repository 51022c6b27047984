import { setKey, lookUp } from '#base';
import { ApiError, badRequest } from '../meta/api-error.ts';
import type { FieldSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';
import { PatchWork } from './patch-work.ts';
import { isObject, type JsonObject } from './shape.ts';

/**
 * Strategic merge patch: as a merge patch, but lists whose field has the patch strategy `merge` are merged by their merge key (or as
 * sets of scalars), and directives say more: `$patch: replace|delete|merge`, `$retainKeys`, `$deleteFromPrimitiveList/FIELD`,
 * `$setElementOrder/FIELD`. Source: the design document "Strategic Merge Patch" of Kubernetes.
 *
 * Answers a new value. Throws ApiError 400 for a malformed patch, 413 for one that costs too much, 500 where an item lacks its merge key,
 * as upstream does.
 */
export function strategicMergePatch(table: TypeTable, schema: ValueSchema, target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw badRequest('error decoding patch: the patch is not an object');
  return mergeMap({ table, schema, work: new PatchWork() }, isObject(target) ? target : {}, patch);
}

const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';

interface Context {
  table: TypeTable;
  /** Items that name one place are merged into it one after the other, each time into a new copy. */
  work: PatchWork;
  schema: ValueSchema | undefined;
}

type ListField = Pick<FieldSchema, 'patchStrategy' | 'patchMergeKey'> & { items: ValueSchema | undefined };

/** What the schema says of one member of an object. */
function fieldOf({ table, schema }: Context, name: string): { value: ValueSchema | undefined } & Partial<FieldSchema> {
  if (schema?.type === 'struct') return table.type(schema.of)?.fields.get(name) ?? { value: undefined };
  return { value: schema?.type === 'map' ? schema.values : undefined };
}

function mergeMap(context: Context, target: JsonObject, patch: JsonObject): JsonObject {
  const directive = patch.$patch;
  if (directive === 'replace') return clean(withoutMember(patch, '$patch')) as JsonObject;
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw badRequest(`unknown patch type: ${JSON.stringify(directive)}`);
  const merged = retainKeys(target, patch);
  context.work.spend(Object.keys(merged).length);
  const done = new Set(['$patch', '$retainKeys']);
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(orderPrefix)) continue;
    const field = name.slice(orderPrefix.length);
    mergeInOrder(context, { merged, patch, field, order });
    done.add(name).add(field);
  }
  for (const [name, value] of Object.entries(patch)) {
    if (done.has(name)) continue;
    if (name.startsWith(deletePrefix)) deleteFromPrimitives(merged, name, value);
    else if (value === null) delete merged[name];
    else setKey(merged, name, mergeMember(context, name, lookUp(merged, name), value));
  }
  return merged;
}

function withoutMember(object: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = object;
  return rest;
}

/** `$retainKeys` lists all members that may stay. */
function retainKeys(target: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch.$retainKeys;
  if (keys === undefined) return { ...target };
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys');
  const kept = new Set(keys as unknown[]);
  for (const name of Object.keys(patch)) {
    if (!name.startsWith('$') && patch[name] !== null && !kept.has(name)) throw badRequest('invalid patch format of retainKeys');
  }
  return Object.fromEntries(Object.entries(target).filter(([name]) => kept.has(name)));
}

function mergeMember(context: Context, name: string, target: unknown, patch: unknown): unknown {
  const field = fieldOf(context, name);
  const replaces = field.patchStrategy?.includes('replace');
  if (isObject(target) && isObject(patch)) {
    return replaces ? clean(patch) : mergeMap({ ...context, schema: field.value }, target, patch);
  }
  if (Array.isArray(target) && Array.isArray(patch)) {
    return field.patchStrategy?.includes('merge') ? mergeList(context, listField(field), target, patch) : patch;
  }
  return clean(patch);
}

function listField(field: ReturnType<typeof fieldOf>): ListField {
  return { ...field, items: field.value?.type === 'list' ? field.value.items : undefined };
}

/** A patch where there is nothing to patch: its values stay, nulls and directives go. */
function clean(patch: unknown): unknown {
  if (Array.isArray(patch)) {
    return patch.filter((item) => !(isObject(item) && (item.$patch === 'delete' || isBareDirective(item)))).map(clean);
  }
  if (!isObject(patch)) return patch;
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(patch)) {
    if (value !== null && !name.startsWith('$')) setKey(kept, name, clean(value));
  }
  return kept;
}

const isBareDirective = (item: JsonObject): boolean => item.$patch === 'replace' && Object.keys(item).length === 1;

function mergeList(context: Context, field: ListField, target: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (patch.length === 0) return [...target];
  context.work.spend(target.length);
  if (!target.some(isObject) && !patch.some(isObject)) {
    const merged = [...new Set([...target, ...patch])];
    return inOrder(merged, patch, target, (item) => JSON.stringify(item));
  }
  const key = field.patchMergeKey;
  if (!key) throw new ApiError({ code: 500, reason: '', message: 'cannot merge lists without merge key for this type of list' });
  const { rest, deleted, replace } = directivesOf(patch, key);
  if (replace) return rest.map(clean);
  const below: Context = { ...context, schema: field.items };
  const merged = target.filter((item) => !deleted.has(JSON.stringify(keyOf(item, key))));
  const places = new Map(merged.map((item, i) => [JSON.stringify(keyOf(item, key)), i]));
  for (const item of rest) {
    const id = JSON.stringify(keyOf(item, key));
    const place = places.get(id);
    if (place === undefined) {
      places.set(id, merged.length);
      merged.push(mergeMap(below, {}, item as JsonObject));
    } else merged[place] = mergeMap(below, merged[place] as JsonObject, item as JsonObject);
  }
  return inOrder(merged, rest, target, (item) => JSON.stringify(keyOf(item, key)));
}

/** Items of a patch that are directives to the list: `$patch: delete` with the merge key, `$patch: replace` alone. */
function directivesOf(patch: readonly unknown[], key: string): { rest: unknown[]; deleted: Set<string>; replace: boolean } {
  const rest: unknown[] = [];
  const deleted = new Set<string>();
  let replace = false;
  for (const item of patch) {
    const directive = isObject(item) ? item.$patch : undefined;
    if (directive === undefined) rest.push(item);
    else if (directive === 'delete') deleted.add(JSON.stringify(keyOf(item, key)));
    else if (directive === 'replace') {
      replace = true;
      if (!isBareDirective(item as JsonObject)) rest.push(withoutMember(item as JsonObject, '$patch'));
    } else if (directive === 'merge') throw badRequest('merging lists cannot yet be specified in the patch');
    else throw badRequest(`unknown patch type: ${JSON.stringify(directive)}`);
  }
  return { rest, deleted, replace };
}

function keyOf(item: unknown, key: string): unknown {
  const value = isObject(item) ? lookUp(item, key) : undefined;
  if (value === undefined) {
    const message = `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`;
    throw new ApiError({ code: 500, reason: '', message });
  }
  return value;
}

/**
 * Items that `wanted` names come in its order, the others keep their order in `server`; where both are known to the server their
 * places there decide which comes first, an item that is new to it comes before.
 */
function inOrder(
  items: readonly unknown[],
  wanted: readonly unknown[],
  server: readonly unknown[],
  id: (item: unknown) => string,
): unknown[] {
  const placed = (list: readonly unknown[]): Map<string, number> => new Map(list.map((item, i) => [id(item), i]));
  const [wantedPlaces, serverPlaces] = [placed(wanted), placed(server)];
  const known: Placed[] = items.map((item) => {
    const name = id(item);
    return { item, wanted: wantedPlaces.get(name), server: serverPlaces.get(name) };
  });
  const named = known.filter((it) => it.wanted !== undefined).toSorted((a, b) => a.wanted! - b.wanted!);
  const others = known.filter((it) => it.wanted === undefined).toSorted((a, b) => (a.server ?? 0) - (b.server ?? 0));
  const result: Placed[] = [];
  let [i, j] = [0, 0];
  while (i < others.length && j < named.length) {
    const [left, right] = [others[i]!.server, named[j]!.server];
    if (left !== undefined && right !== undefined && left < right) result.push(others[i++]!);
    else result.push(named[j++]!);
  }
  return [...result, ...others.slice(i), ...named.slice(j)].map(({ item }) => item);
}

/** An item, with its places in two lists. */
interface Placed {
  item: unknown;
  wanted: number | undefined;
  server: number | undefined;
}

function mergeInOrder(
  context: Context,
  { merged, patch, field, order }: { merged: JsonObject; patch: JsonObject; field: string; order: unknown },
): void {
  if (!Array.isArray(order)) throw badRequest(`invalid patch format of setElementOrder list`);
  const schema = fieldOf(context, field);
  const [server, given] = [lookUp(merged, field), lookUp(patch, field)];
  if (given === null) {
    delete merged[field];
    return;
  }
  if ((server !== undefined && server !== null && !Array.isArray(server)) || (given !== undefined && !Array.isArray(given))) {
    throw badRequest('invalid patch format of setElementOrder list');
  }
  const list = server as unknown[] | null | undefined;
  if (!list && !given) return;
  const key = order.some(isObject) || list?.some(isObject) ? schema.patchMergeKey : undefined;
  const id = (item: unknown): string => JSON.stringify(key === undefined ? item : keyOf(item, key));
  if (given) checkOrder(given, order, id);
  const items = !given ? list! : list ? mergeList(context, listField(schema), list, given) : (clean(given) as unknown[]);
  setKey(merged, field, inOrder(items, order, list ?? [], id));
}

/** The items of a patch must stand in the order that the patch asks for. */
function checkOrder(given: readonly unknown[], order: readonly unknown[], id: (item: unknown) => string): void {
  const places = order.map(id);
  let at = 0;
  for (const item of given) {
    if (isObject(item) && item.$patch !== undefined) continue;
    const wanted = id(item);
    while (at < places.length && places[at] !== wanted) at++;
    if (at++ >= places.length) {
      throw badRequest(
        `The order in patch list:\n${JSON.stringify(given)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`,
      );
    }
  }
}

function deleteFromPrimitives(merged: JsonObject, name: string, gone: unknown): void {
  const field = name.slice(deletePrefix.length);
  if (!Array.isArray(gone)) throw badRequest('invalid patch format of primitive list');
  const list = lookUp(merged, field);
  if (!Array.isArray(list)) return;
  const left = new Set(gone.map((item) => JSON.stringify(item)));
  setKey(
    merged,
    field,
    list.filter((item) => !left.has(JSON.stringify(item))),
  );
}
