import { lookUp, parseExact } from '#base';
import type { KubeObject } from '../meta/object.ts';
import type { TypeTable, ValueSchema } from '../type-table/schema.ts';
import { validateAnnotations } from '../validation/object-meta.ts';
import { difference, emptySet, type FieldSet, union } from './field-set.ts';
import { isObject, ShapeError } from './shape.ts';
import { compareValues, fieldsOf } from './typed-values.ts';

/**
 * kubectl's way from client-side to server-side apply, as the documentation of server-side apply describes it: what the annotation of
 * the former says was applied, and still stands, is no conflict for the manager `kubectl`; and the annotation is kept up to date, so
 * that the way back stays open.
 */
const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const upgradingManager = 'kubectl';

/** Fields that `manager` may take from others without force. */
export function takenFromClientSideApply(table: TypeTable, schema: ValueSchema, live: KubeObject, manager: string): FieldSet {
  const text = live.metadata.annotations?.[annotation];
  const applied = manager === upgradingManager && text ? parse(text) : undefined;
  if (!applied || applied.apiVersion !== live.apiVersion) return emptySet;
  try {
    const { added, modified, removed } = compareValues(table, schema, applied, live);
    return difference(fieldsOf(table, schema, applied), union(union(added, modified), removed));
  } catch (err) {
    if (err instanceof ShapeError) return emptySet; // the annotation is a client's: what does not fit the schema owns nothing
    throw err;
  }
}

function parse(text: string): KubeObject | undefined {
  try {
    const value = parseExact(text);
    return isObject(value) ? (value as unknown as KubeObject) : undefined;
  } catch {
    return undefined; // as above: it then says nothing
  }
}

/** The object with the annotation set to the configuration, where it has one and the manager is kubectl's. */
export function withLastApplied(object: KubeObject, config: KubeObject, manager: string): KubeObject {
  const present = object.metadata.annotations;
  if (manager !== upgradingManager || !present?.[annotation]) return object;
  const { [annotation]: _, ...others } = config.metadata?.annotations ?? {};
  const metadata = { ...config.metadata, ...(config.metadata?.annotations && { annotations: others }) };
  const text = `${JSON.stringify(sorted({ ...config, metadata }))}\n`;
  if (present[annotation] === text) return object;
  const annotations = { ...present, [annotation]: text };
  // Too long for an annotation: better none than one that is out of date.
  if (validateAnnotations(annotations, '').length > 0) delete (annotations as Record<string, string>)[annotation];
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Members in the order of their names, as Go writes maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((name) => [name, sorted(lookUp(value, name))]),
  );
}
