import { type KnownKey, lookUp, type Int64 } from '#base';
import type { FieldSchema, StructSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';
import { WireWriter } from './wire-writer.ts';

type Json = Record<string, unknown>;
type Write = (value: unknown, to: WireWriter) => void;
/** What a message holds, the highest field number first: a field, or an embedded message with more of them. */
interface Place {
  tag: readonly number[];
  name?: KnownKey;
  write?: Write;
  embedded?: readonly Place[];
}

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';
const magic = Buffer.from('k8s\0');

/** `k8s.io/apimachinery/pkg/runtime/serializer/protobuf`, errNotMarshalable. */
export const notMarshalable = (kind: string): string =>
  `object ${kind} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`;

/**
 * Writes the protobuf form of objects, over the same table that their JSON is read with. Only what the JSON has is written: a reader
 * takes what is absent for zero. `k8s.io/apimachinery/pkg/runtime/serializer/protobuf`.
 */
export class ProtobufEncoder {
  private readonly places = new WeakMap<StructSchema, readonly Place[]>();

  private readonly table: TypeTable;
  private readonly writer: WireWriter;

  /** `sizeBytes`: what is written without growing. */
  constructor(table: TypeTable, sizeBytes = 64 * 1024) {
    this.table = table;
    this.writer = new WireWriter(sizeBytes);
  }

  /** The message of an object without its envelope; undefined when its kind has no protobuf form. */
  message(object: { apiVersion: string; kind: string }): Buffer | undefined {
    const struct = structOf(this.table, object);
    const places = struct && this.placesOf(struct);
    // A custom resource's fields have no numbers.
    if (!places?.length) return undefined;
    return this.writer.written((to) => writeFields(places, object as unknown as Json, to));
  }

  private placesOf(struct: StructSchema): readonly Place[] {
    let places = this.places.get(struct);
    if (!places) {
      places = arrange(
        [...struct.fields].flatMap(([name, field]) =>
          field.protobuf === undefined ? [] : [{ name: name as KnownKey, field, via: field.protobufVia ?? [] }],
        ),
        (field) => this.fieldWrite(field),
      );
      this.places.set(struct, places);
    }
    return places;
  }

  /** Writes every occurrence of a field, each with its tag. */
  private fieldWrite({ value, protobuf }: FieldSchema): Write {
    const number = protobuf!;
    if (value.type === 'list') {
      const tag = tagOf(number, wireOf(value.items));
      const item = this.itemWrite(value.items);
      return (list, to) => {
        for (let i = (list as unknown[]).length - 1; i >= 0; i--) {
          item((list as unknown[])[i], to);
          writeTag(tag, to);
        }
      };
    }
    if (value.type === 'map') return this.mapWrite(number, value.values);
    const tag = tagOf(number, wireOf(value));
    const write = this.itemWrite(value);
    return (given, to) => {
      write(given, to);
      writeTag(tag, to);
    };
  }

  /** A map is a list of messages with key and value, in the order of the keys. */
  private mapWrite(number: number, values: ValueSchema): Write {
    const tag = tagOf(number, 2);
    const [keyTag, valueTag] = [tagOf(1, 2), tagOf(2, wireOf(values))];
    const item = this.itemWrite(values);
    return (map, to) => {
      for (const key of Object.keys(map as Json)
        .toSorted()
        .reverse()) {
        const before = to.length;
        item(lookUp(map as Json, key), to);
        writeTag(valueTag, to);
        to.text(key);
        writeTag(keyTag, to);
        to.blockSince(before);
        writeTag(tag, to);
      }
    };
  }

  /** One value without its tag; null is the zero value. */
  private itemWrite(value: ValueSchema): Write {
    switch (value.type) {
      case 'struct': {
        let places: readonly Place[] | undefined; // looked up when first met: types may contain themselves
        return (given, to) => {
          places ??= this.placesOf(this.table.type(value.of)!);
          const before = to.length;
          if (given) writeFields(places, given as Json, to);
          to.blockSince(before);
        };
      }
      case 'list': {
        // A list in a map is a message of its own: `ExtraValue`.
        const inner = this.fieldWrite({ value, protobuf: 1 });
        return (given, to) => {
          const before = to.length;
          if (given) inner(given, to);
          to.blockSince(before);
        };
      }
      case 'map':
        throw new Error('protobuf: a map cannot be an item');
      default:
        return scalarWrites[value.type];
    }
  }
}

/** `k8s\0` and a `runtime.Unknown` around a message: how a whole object travels. Several parts, so that large ones are not copied. */
export function protobufEnvelope({ apiVersion, kind }: { apiVersion: string; kind: string }, parts: readonly Buffer[]): Buffer[] {
  let size = 0;
  for (const part of parts) size += part.length;
  const head = new WireWriter(64 + apiVersion.length + kind.length).written((to) => {
    to.varint(size);
    writeTag(tagOf(2, 2), to);
    const before = to.length;
    to.text(kind);
    writeTag(tagOf(2, 2), to);
    to.text(apiVersion);
    writeTag(tagOf(1, 2), to);
    to.blockSince(before);
    writeTag(tagOf(1, 2), to);
    to.raw(magic);
  });
  return [head, ...parts, unencoded];
}

/** contentEncoding and contentType of the envelope, both ''. */
const unencoded = Buffer.from([0x1a, 0, 0x22, 0]);

/** A block in front of its field's tag: `number` with wire type 2. What `parts` hold is not copied. */
export function protobufBlock(number: number, parts: readonly Buffer[]): Buffer[] {
  let size = 0;
  for (const part of parts) size += part.length;
  const head = new WireWriter(16).written((to) => {
    to.varint(size);
    writeTag(tagOf(number, 2), to);
  });
  return [head, ...parts];
}

function structOf(table: TypeTable, { apiVersion, kind }: { apiVersion: string; kind: string }): StructSchema | undefined {
  const slash = apiVersion.indexOf('/');
  return table.kind({ group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), kind });
}

interface Numbered {
  name: KnownKey;
  field: FieldSchema;
  via: readonly number[];
}

function arrange(fields: readonly Numbered[], write: (field: FieldSchema) => Write): Place[] {
  const direct = fields.filter(({ via }) => via.length === 0);
  const numbers = [...new Set(fields.flatMap(({ via }) => via.slice(0, 1)))];
  const places = [
    ...direct.map(({ name, field }) => ({ number: field.protobuf!, tag: [], name, write: write(field) })),
    ...numbers.map((number) => {
      const inner = fields.filter(({ via }) => via[0] === number).map((each) => ({ ...each, via: each.via.slice(1) }));
      return { number, tag: tagOf(number, 2), embedded: arrange(inner, write) };
    }),
  ];
  return places.toSorted((a, b) => b.number - a.number);
}

function writeFields(places: readonly Place[], object: Json, to: WireWriter): void {
  for (const { name, write, embedded, tag } of places) {
    if (name !== undefined) {
      const value = object[name];
      if (value !== undefined && value !== null) write!(value, to);
      continue;
    }
    const before = to.length;
    writeFields(embedded!, object, to);
    if (to.length === before) continue;
    to.blockSince(before);
    writeTag(tag, to);
  }
}

// ---- tags and scalars ---------------------------------------------------------------------------------------------------------------

/** The bytes of a tag, last first. */
function tagOf(number: number, wire: number): readonly number[] {
  const bytes: number[] = [];
  let left = number * 8 + wire;
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left & 0x7f) | 0x80);
  return [...bytes, left].toReversed();
}

function writeTag(tag: readonly number[], to: WireWriter): void {
  for (const byte of tag) to.byte(byte);
}

function wireOf({ type }: ValueSchema): number {
  if (type === 'bool' || type === 'int32' || type === 'int64') return 0;
  return type === 'float64' ? 1 : 2;
}

/** A small message of numbers: `[field, value]`, the highest field first. */
function numbers(fields: readonly (readonly [number, number])[], to: WireWriter): void {
  const before = to.length;
  for (const [number, value] of fields) {
    to.varint(value);
    to.byte(number * 8);
  }
  to.blockSince(before);
}

/** A message whose field 1 is this text. */
function wrapped(text: string, to: WireWriter): void {
  const before = to.length;
  to.text(text);
  to.byte(0x0a);
  to.blockSince(before);
}

/** `2026-01-02T03:04:05.000006Z`; the zero time is an empty message. */
const writeTime: Write = (value, to) => {
  if (!value) return to.varint(0);
  const text = value as string;
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? '';
  const seconds = Math.floor(Date.parse(text) / 1000);
  numbers(
    [
      [2, Number(fraction.padEnd(9, '0'))],
      [1, seconds],
    ],
    to,
  );
};

const nanosOf: Readonly<Record<string, number>> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };

/** Go's spelling of a duration: `1h2m3.5s`. */
function durationNanos(text: string): number {
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|us|\u00b5s|ns)/g)) sum += Number(number) * lookUp(nanosOf, unit!)!;
  return Math.round(text.startsWith('-') ? -sum : sum);
}

const writeJson: Write = (value, to) => wrapped(value === null ? 'null' : JSON.stringify(value), to);

const scalarWrites: Readonly<Record<Exclude<ValueSchema['type'], 'struct' | 'list' | 'map'>, Write>> = {
  string: (value, to) => to.text((value as string | null) ?? ''),
  bool: (value, to) => to.byte(value ? 1 : 0),
  int32: (value, to) => to.varint((value as number | null) ?? 0),
  int64: (value, to) => to.varint((value as number | Int64 | null) ?? 0),
  float64: (value, to) => to.double((value as number | null) ?? 0),
  bytes: (value, to) => to.block(Buffer.from((value as string | null) ?? '', 'base64')),
  time: writeTime,
  microTime: writeTime,
  duration: (value, to) => numbers([[1, durationNanos((value as string | null) ?? '')]], to),
  quantity: (value, to) => wrapped((value as string | null) ?? '0', to),
  intOrString(value, to) {
    const before = to.length;
    const isText = typeof value === 'string';
    to.text(isText ? value : '');
    to.byte(0x1a);
    to.varint(isText ? 0 : ((value as number | null) ?? 0));
    to.byte(0x10);
    to.byte(isText ? 1 : 0);
    to.byte(0x08);
    to.blockSince(before);
  },
  rawExtension: writeJson,
  json: writeJson,
};
