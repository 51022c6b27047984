import { lookUp, setKey, Int64 } from '#base';
import { canonicalQuantity, QuantityError } from '../quantity/quantity.ts';
import type { FieldSchema, StructSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';
import { keyElement } from './field-set.ts';

export type JsonObject = Record<string, unknown>;

/**
 * How server-side apply sees a value: as one (`leaf`), as named parts, or as items that are told apart by key or value. A value
 * without a schema (kept unknown fields) is deduced: objects have parts, the rest is one.
 */
export type Shape =
  | { form: 'leaf' }
  | { form: 'parts'; declared: ReadonlyMap<string, FieldSchema> | undefined; part(name: string): ValueSchema | undefined }
  | { form: 'items'; item: ValueSchema; element(item: unknown): string };

const leaf: Shape = { form: 'leaf' };
const deduced: Shape = { form: 'parts', declared: undefined, part: () => undefined };

export class ShapeError extends Error {}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Int64);

export function shapeOf(table: TypeTable, schema: ValueSchema | undefined, ...values: unknown[]): Shape {
  switch (schema?.type) {
    case undefined:
      return values.some(isObject) ? deduced : leaf;
    case 'struct': {
      const struct = table.type(schema.of);
      return !struct || struct.atomic || schema.atomic ? leaf : structShape(struct);
    }
    case 'map':
    case 'list': {
      let shape = containerShapes.get(schema);
      if (!shape) {
        shape = containerShape(table, schema);
        containerShapes.set(schema, shape);
      }
      return shape;
    }
    default:
      return leaf;
  }
}

const containerShapes = new WeakMap<ValueSchema, Shape>();

function containerShape(table: TypeTable, schema: ValueSchema & { type: 'map' | 'list' }): Shape {
  if (schema.type === 'map') return schema.atomic ? leaf : { form: 'parts', declared: undefined, part: () => schema.values };
  return schema.listType === 'atomic' ? leaf : { form: 'items', item: schema.items, element: (item) => elementOf(table, schema, item) };
}

const structShapes = new WeakMap<StructSchema, Shape>();

function structShape(struct: StructSchema): Shape {
  let shape = structShapes.get(struct);
  if (!shape) {
    shape = { form: 'parts', declared: struct.fields, part: (name) => struct.fields.get(name)?.value };
    structShapes.set(struct, shape);
  }
  return shape;
}

function elementOf(table: TypeTable, schema: ValueSchema & { type: 'list' }, item: unknown): string {
  if (schema.listType === 'set') return `v:${JSON.stringify(item)}`;
  if (!isObject(item)) throw new ShapeError('associative list with keys may not have non-map elements');
  const fields = schema.items.type === 'struct' ? table.type(schema.items.of)?.fields : undefined;
  const keys: JsonObject = {};
  for (const name of schema.listMapKeys ?? []) {
    const value = lookUp(item, name) ?? fields?.get(name)?.default;
    if (value === undefined) {
      throw new ShapeError(
        `associative list with keys has an element that omits key field ${JSON.stringify(name)} (and doesn't have default value)`,
      );
    }
    setKey(keys, name, value);
  }
  return keyElement(keys);
}

/** Items by their element, in order. */
export function itemsOf(shape: Shape & { form: 'items' }, list: unknown): Map<string, unknown> {
  return new Map((Array.isArray(list) ? list : []).map((item) => [shape.element(item), item]));
}

/** Spells scalars of an applied configuration as stored objects have them, so that `0.5` and `500m` do not conflict. */
export function canonicalScalars(table: TypeTable, schema: ValueSchema | undefined, value: unknown): unknown {
  if (value === null || value === undefined || !schema) return value;
  switch (schema.type) {
    case 'struct': {
      const fields = table.type(schema.of)?.fields;
      return isObject(value) && fields ? mapObject(value, (name, part) => canonicalScalars(table, fields.get(name)?.value, part)) : value;
    }
    case 'map':
      return isObject(value) ? mapObject(value, (_, part) => canonicalScalars(table, schema.values, part)) : value;
    case 'list':
      return Array.isArray(value) ? value.map((item) => canonicalScalars(table, schema.items, item)) : value;
    case 'quantity':
      try {
        return typeof value === 'string' || typeof value === 'number' || value instanceof Int64 ? canonicalQuantity(String(value)) : value;
      } catch (err) {
        if (err instanceof QuantityError) return value; // decoding names it with its field
        throw err;
      }
    default:
      return value;
  }
}

export function mapObject(object: JsonObject, map: (name: string, value: unknown) => unknown): JsonObject {
  const out: JsonObject = {};
  for (const [name, value] of Object.entries(object)) setKey(out, name, map(name, value));
  return out;
}

/** By value; a missing key is not one that is undefined. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && a.every((item, i) => deepEqual(item, (b as unknown[])[i]));
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && deepEqual(lookUp(a as JsonObject, name), lookUp(b as JsonObject, name)))
  );
}
