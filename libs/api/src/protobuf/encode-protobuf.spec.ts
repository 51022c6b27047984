import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { builtinTypes } from '../type-table/builtin-types.ts';
import type { FieldSchema, ValueSchema } from '../type-table/schema.ts';
import { decodeProtobuf } from './decode-protobuf.ts';
import { ProtobufEncoder, protobufEnvelope } from './encode-protobuf.ts';

const encoder = new ProtobufEncoder(builtinTypes);
const roundTrip = (object: { apiVersion: string; kind: string }, by = encoder): unknown =>
  decodeProtobuf(builtinTypes, Buffer.concat(protobufEnvelope(object, [by.message(object)!])), { apiVersion: '', kind: '' });

const word = fc.string({ unit: 'grapheme', maxLength: 40 });
const second = fc.integer({ min: 1, max: 4e9 }).map((s) => new Date(s * 1000).toISOString().slice(0, 19));

/** A value as JSON has it. Depth bounds types that contain themselves. */
function valueOf(schema: ValueSchema, depth: number): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'struct':
      return structOf(schema.of, depth - 1);
    case 'list':
      return fc.array(valueOf(schema.items, depth), { minLength: 1, maxLength: 2 });
    case 'map':
      return fc.dictionary(word, valueOf(schema.values, depth), { minKeys: 1, maxKeys: 2 });
    case 'bool':
      return fc.boolean();
    case 'int32':
      return fc.integer();
    case 'int64':
      return fc.maxSafeInteger();
    case 'float64':
      return fc.double({ noNaN: true });
    case 'bytes':
      return fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'time':
      return second.map((text) => `${text}Z`);
    case 'microTime':
      return fc.tuple(second, fc.integer({ min: 0, max: 999_999 })).map(([text, micros]) => `${text}.${String(micros).padStart(6, '0')}Z`);
    case 'duration':
      return fc.constantFrom('5s', '1m0s', '1h0m30s');
    case 'quantity':
      return fc.constantFrom('100m', '1Gi', '3');
    case 'intOrString':
      return fc.oneof(fc.integer(), word);
    case 'rawExtension':
    case 'json':
      return fc.dictionary(word, fc.oneof(word, fc.integer()));
    default:
      return word;
  }
}

function structOf(type: string, depth: number): fc.Arbitrary<unknown> {
  if (depth <= 0) return fc.constant({});
  const fields: readonly [string, FieldSchema][] = [...builtinTypes.type(type)!.fields];
  const written = fields.filter(([, { protobuf }]) => protobuf !== undefined);
  return fc.record(Object.fromEntries(written.map(([name, { value }]) => [name, valueOf(value, depth)])), { requiredKeys: [] });
}

describe('protobuf answers', () => {
  const kinds = [
    ...builtinTypes.kinds(),
    { group: '', version: 'v1', kind: 'Status', type: 'io.k8s.apimachinery.pkg.apis.meta.v1.Status' },
  ];
  /** With a writer that never has to grow, and with one that grows at nearly every field. */
  const growing = new ProtobufEncoder(builtinTypes, 1);

  it.each(kinds.map(({ group, version, kind, type }) => [group ? `${group}/${version}` : version, kind, type]))(
    '%s %s says what its JSON says',
    (apiVersion, kind, type) => {
      fc.assert(
        fc.property(structOf(type, 4), (fields) => {
          const object = { ...(fields as object), apiVersion, kind };
          const json: unknown = JSON.parse(JSON.stringify(object));
          expect(roundTrip(object)).toEqual(json);
          expect(roundTrip(object, growing)).toEqual(json);
        }),
        { numRuns: 5 },
      );
    },
  );

  const firstSize = 64 * 1024;
  const steps = [1, 2, 4, 8, 16].map((times) => times * firstSize);
  const around = [-300, -130, -70, -40, -20, -12, -8, -5, -4, -3, -2, -1, 0, 1, 2, 3, 100];

  it.each(steps)('keeps what is as large as the %i bytes that are there', (step) => {
    for (const less of around) {
      const head = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ä', labels: { a: 'b' } }, immutable: true };
      for (const sizes of [[step + less], [step + less - 100, 93], [Math.ceil(step / 2), Math.floor(step / 2) + less]]) {
        const object = { ...head, data: Object.fromEntries(sizes.map((size, i) => [`k${i}`, 'x'.repeat(size)])) };
        // A difference of megabytes is nothing to print.
        expect(isDeepStrictEqual(roundTrip(object, new ProtobufEncoder(builtinTypes)), object)).toBe(true);
      }
    }
  });

  it('says the same after an object that could not be written', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { nodeName: 'n' } };
    const broken = {
      ...pod,
      get metadata(): never {
        throw new Error('not readable');
      },
    };
    expect(() => encoder.message(broken)).toThrow('not readable');
    expect(roundTrip(pod)).toEqual(pod);
  });

  it('keeps a key that JavaScript has another meaning for', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', data: JSON.parse('{"__proto__":"x","constructor":"y"}') as unknown };
    const { data } = roundTrip(object) as { data: object };
    expect(Object.entries(data)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('leaves out what is null, and keeps what is zero', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { creationTimestamp: null },
      spec: { containers: [], nodeName: '', priority: 0 },
    };
    expect(roundTrip(object)).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { nodeName: '', priority: 0 } });
  });

  it('knows no kind that the table does not have', () => {
    expect(encoder.message({ apiVersion: 'example.com/v1', kind: 'Thing' })).toBeUndefined();
  });
});
