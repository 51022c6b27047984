import type { KubeObject, ManagedFieldsEntry } from '../meta/object.ts';
import { difference, equalSets, type FieldSet, formatFieldsV1, isEmptySet, parseFieldsV1, setOf, union } from './field-set.ts';
import { deepEqual } from './shape.ts';

/** Who owns which fields of one object; the decoded form of `metadata.managedFields`. */
export interface Manager {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  time: string | undefined;
  set: FieldSet;
}

/** By identity: an applier is one whatever version it applied; an updater is one per version. */
export type Managers = Map<string, Manager>;

export function managerKey({ manager, operation, apiVersion, subresource }: Omit<Manager, 'set' | 'time'>): string {
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** Throws for entries that cannot be read. Entries of one identity become one. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    const { operation, apiVersion, fieldsType } = entry;
    if ((operation !== 'Apply' && operation !== 'Update') || !apiVersion || fieldsType !== 'FieldsV1') {
      throw new Error('managedFields: an entry without operation, version or type');
    }
    const manager: Manager = {
      manager: entry.manager ?? '',
      operation,
      apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time,
      set: parseFieldsV1(entry.fieldsV1 ?? {}),
    };
    const key = managerKey(manager);
    const known = managers.get(key);
    managers.set(key, known ? { ...manager, set: union(known.set, manager.set) } : manager);
  }
  return managers;
}

/** Appliers first, then updaters, each in the order of their times and names. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] {
  const rows = [...managers.values()].filter((m) => !isEmptySet(m.set));
  rows.sort(
    (a, b) =>
      order(a.operation, b.operation) ||
      order(a.time ?? '', b.time ?? '') ||
      order(a.manager, b.manager) ||
      order(a.apiVersion, b.apiVersion) ||
      order(a.subresource, b.subresource),
  );
  return rows.map(({ manager, operation, apiVersion, subresource, time, set }) => ({
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1' as const,
    fieldsV1: formatFieldsV1(set),
    ...(subresource && { subresource }),
  }));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function sameManagers(a: Managers, b: Managers): boolean {
  return a.size === b.size && [...a].every(([key, manager]) => b.has(key) && equalSets(manager.set, b.get(key)!.set));
}

/** One empty entry is a request to forget all managers. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries?.length === 1 && Object.keys(entries[0]!).length === 0;
}

/**
 * The managers that a write starts from: those in the request when it brings any that can be read (a client may edit them), else the
 * stored ones, so that a client that does not know of managers does not delete them. A subresource never edits them.
 */
export function managersFor(live: KubeObject | undefined, next: KubeObject, subresource: boolean): { managers: Managers; edited: boolean } {
  const [stored, given] = [live?.metadata.managedFields, next.metadata.managedFields];
  if (!subresource && isReset(given)) return { managers: new Map(), edited: true };
  if (!subresource && given?.length && !deepEqual(given, stored)) {
    const managers = readable(given);
    if (managers) return { managers, edited: true }; // else validation names what is wrong with them
  }
  return { managers: readable(stored) ?? new Map(), edited: false };
}

/** Undefined for entries that cannot be read: upstream drops such rather than refusing every later write. */
function readable(entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  try {
    return readManagers(entries);
  } catch {
    return undefined; // the caller falls back to what is there
  }
}

/** Fields that nobody owns: what the server writes, and what names the object. */
const unowned = setOf(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map(
    (name) => ['f:metadata', `f:${name}`],
  ),
);

export const stripUnowned = (set: FieldSet): FieldSet => difference(set, unowned);

/** More updaters than this are made into one, the oldest first. */
const maxUpdaters = 10;

/**
 * Keeps the list of field owners short, in place: `structured-merge-diff`'s capmanagers. The oldest updaters of a version become one,
 * `ancient-changes`; appliers stay.
 */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, m]) => m.operation === 'Update');
  if (updaters.length <= maxUpdaters) return;
  updaters.sort(([, a], [, b]) => order(a.time ?? '', b.time ?? '') || order(a.manager, b.manager));
  // Cap the oldest until few enough are left; those of one version share an entry.
  let count = updaters.length;
  for (const [key, manager] of updaters) {
    if (count <= maxUpdaters) return;
    const ancient: Manager = { ...manager, manager: 'ancient-changes', subresource: '' };
    const bucket = managerKey(ancient);
    if (key === bucket) continue;
    const known = managers.get(bucket);
    managers.delete(key);
    managers.set(bucket, known ? { ...known, time: manager.time, set: union(known.set, manager.set) } : ancient);
    if (known) count--;
  }
}
