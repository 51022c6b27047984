import { type KnownKey, setKey } from '#base';
import { parseJson } from '../decode/body.ts';
import type { FieldSchema, StructSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';
import { notMarshalable } from './encode-protobuf.ts';
import { exactSigned, signed, wireBudget, WireReader } from './wire.ts';

type Json = Record<string, unknown>;
/** Where the fields of a message go: by number, a field of the struct, or (in an embedded message) several. */
type Layout = Map<number, Place | Layout>;
/** `wire`: how values of the field are written, of a list its items. */
type Place = { name: KnownKey; field: FieldSchema; wire: number };

const magic = Buffer.from('k8s\0');
const layouts = new WeakMap<StructSchema, Layout>();

/**
 * Reads the protobuf form of an object (`application/vnd.kubernetes.protobuf`): the four bytes `k8s\0`, then a `runtime.Unknown` with
 * kind and version around the message of the kind. Answers the value that the JSON form has, zero values included; undefined fields of a
 * newer client are dropped. `expected` is taken when the envelope names no kind. Throws RangeError for what is no
 * such thing, SyntaxError for JSON in it that is none, ApiError 413 for too many values.
 */
export function decodeProtobuf(table: TypeTable, bytes: Uint8Array, expected: { apiVersion: string; kind: string }): Json {
  if (bytes.length < magic.length || magic.compare(bytes, 0, magic.length) !== 0)
    throw new RangeError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  const envelope = new WireReader(bytes.subarray(magic.length), wireBudget());
  let { apiVersion, kind } = expected;
  let raw: WireReader | undefined;
  while (!envelope.done) {
    const { field, wire } = envelope.tag();
    if (field === 1 && wire === 2) {
      const [given, named] = strings(envelope.inner());
      apiVersion = given || apiVersion;
      kind = named || kind;
    } else if (field === 2 && wire === 2) raw = envelope.inner();
    else envelope.skip(wire);
  }
  const slash = apiVersion.indexOf('/');
  const struct = table.kind({ group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), kind });
  const layout = struct && layoutOf(struct);
  // What a custom resource has cannot be told from numbers: `serializer/protobuf`, errNotMarshalable.
  if (layout?.size === 0) throw new RangeError(notMarshalable(kind));
  return { ...(layout && raw && message(table, layout, raw)), apiVersion, kind };
}

/** Fields 1 and 2 of TypeMeta. */
function strings(reader: WireReader): [string, string] {
  const values: [string, string] = ['', ''];
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if ((field === 1 || field === 2) && wire === 2) values[field - 1] = reader.text();
    else reader.skip(wire);
  }
  return values;
}

function layoutOf(struct: StructSchema): Layout {
  const known = layouts.get(struct);
  if (known) return known;
  const layout: Layout = new Map();
  for (const [name, field] of struct.fields) {
    if (field.protobuf === undefined) continue;
    let place = layout;
    for (const number of field.protobufVia ?? []) {
      const embedded = place.get(number);
      const inner: Layout = embedded instanceof Map ? embedded : new Map();
      place.set(number, inner);
      place = inner;
    }
    place.set(field.protobuf, { name: name as KnownKey, field, wire: wireOf(field.value) });
  }
  layouts.set(struct, layout);
  return layout;
}

function wireOf(schema: ValueSchema): number {
  if (schema.type === 'list') return wireOf(schema.items);
  if (schema.type === 'bool' || schema.type === 'int32' || schema.type === 'int64') return 0;
  return schema.type === 'float64' ? 1 : 2;
}

const wrongWire = (wire: number, field: string | number): RangeError =>
  new RangeError(`proto: wrong wireType = ${wire} for field ${field}`);

function message(table: TypeTable, layout: Layout, reader: WireReader, into: Json = {}): Json {
  while (!reader.done) {
    const { field: number, wire } = reader.tag();
    const place = layout.get(number);
    if (place === undefined) reader.skip(wire);
    else if (place instanceof Map) {
      if (wire !== 2) throw wrongWire(wire, number);
      message(table, place, reader.inner(), into);
    } else {
      const isPacked = wire === 2 && place.wire === 0 && place.field.value.type === 'list';
      if (wire !== place.wire && !isPacked) throw wrongWire(wire, place.name);
      member(table, { name: place.name, schema: place.field.value, wire }, reader, into);
    }
  }
  return into;
}

function member(
  table: TypeTable,
  { name, schema, wire }: { name: KnownKey; schema: ValueSchema; wire: number },
  reader: WireReader,
  into: Json,
): void {
  if (schema.type !== 'map') reader.spend(); // its entries have tags of their own
  if (schema.type === 'list') {
    readItems(table, schema.items, { wire, reader }, (into[name] ??= []) as unknown[]);
  } else if (schema.type === 'map') {
    const [key, value] = entry(table, schema.values, reader.inner());
    setKey((into[name] ??= {}) as Json, key, value);
  } else {
    const value = single(table, schema, wire, reader);
    if (value !== undefined) into[name] = value;
  }
}

/** Numbers may come packed: one block of them. */
function readItems(table: TypeTable, items: ValueSchema, { wire, reader }: { wire: number; reader: WireReader }, into: unknown[]): void {
  const packed = wire === 2 && (items.type === 'bool' || items.type === 'int32' || items.type === 'int64');
  if (!packed) {
    into.push(single(table, items, wire, reader));
    return;
  }
  for (const inner = reader.inner(); !inner.done; ) {
    inner.spend();
    into.push(single(table, items, 0, inner));
  }
}

function entry(table: TypeTable, values: ValueSchema, reader: WireReader): [string, unknown] {
  let key = '';
  let value: unknown = emptyOf(values);
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === 1 && wire === 2) key = reader.text();
    else if (field === 2) value = single(table, values, wire, reader);
    else reader.skip(wire);
  }
  return [key, value];
}

function emptyOf(schema: ValueSchema): unknown {
  if (schema.type === 'list') return [];
  if (schema.type === 'string' || schema.type === 'bytes') return '';
  return schema.type === 'struct' || schema.type === 'map' ? {} : undefined;
}

function single(table: TypeTable, schema: ValueSchema, wire: number, reader: WireReader): unknown {
  if (wire === 0) {
    const value = reader.varint();
    return schema.type === 'bool' ? value !== 0n : exactSigned(value);
  }
  if (wire === 1) return reader.double();
  if (wire !== 2) {
    reader.skip(wire);
    return undefined;
  }
  if (schema.type === 'string') return reader.text();
  if (schema.type === 'bytes') return reader.block().toString('base64');
  const inner = reader.inner();
  switch (schema.type) {
    case 'struct': {
      const struct = table.type(schema.of);
      return struct ? message(table, layoutOf(struct), inner) : {};
    }
    case 'time':
    case 'microTime':
      return timeOf(inner, schema.type === 'microTime');
    case 'duration':
      return durationOf(signed(numbers(inner).get(1) ?? 0n));
    case 'quantity':
      return strings(inner)[0] || '0';
    case 'intOrString':
      return intOrString(inner);
    case 'rawExtension':
    case 'json':
      return rawJson(inner);
    case 'list': // a list in a map is a message of its own: `ExtraValue`
      return wrappedList(table, schema.items, inner);
    default:
      return undefined;
  }
}

function wrappedList(table: TypeTable, items: ValueSchema, reader: WireReader): unknown[] {
  const values: unknown[] = [];
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === 1) values.push(single(table, items, wire, reader));
    else reader.skip(wire);
  }
  return values;
}

/** The integers of a small message, by field number. */
function numbers(reader: WireReader): Map<number, bigint> {
  const values = new Map<number, bigint>();
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (wire === 0) values.set(field, reader.varint());
    else reader.skip(wire);
  }
  return values;
}

/** An empty message is the zero time, which JSON shows as null. */
function timeOf(reader: WireReader, micro: boolean): string | null {
  const values = numbers(reader);
  const seconds = signed(values.get(1) ?? 0n);
  const nanos = signed(values.get(2) ?? 0n);
  if (seconds === 0 && nanos === 0) return null;
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

function durationOf(nanos: number): string {
  const seconds = nanos / 1e9;
  const [hours, minutes] = [Math.trunc(seconds / 3600), Math.trunc((seconds % 3600) / 60)];
  return `${hours ? `${hours}h` : ''}${hours || minutes ? `${minutes}m` : ''}${seconds % 60}s`;
}

function intOrString(reader: WireReader): number | string {
  let [isString, number, text] = [false, 0, ''];
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (field === 1 && wire === 0) isString = reader.varint() === 1n;
    else if (field === 2 && wire === 0) number = signed(reader.varint());
    else if (field === 3 && wire === 2) text = reader.text();
    else reader.skip(wire);
  }
  return isString ? text : number;
}

/** RawExtension, FieldsV1 and JSON hold JSON text in field 1. */
function rawJson(reader: WireReader): unknown {
  const [text] = strings(reader);
  return text === '' ? undefined : parseJson(text);
}
