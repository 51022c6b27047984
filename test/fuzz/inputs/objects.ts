import { builtinTypes, type FieldSchema, type StructSchema, type ValueSchema } from '#api';
import type { Random } from '#base';
import { oneOf, sizeUpTo, trickyText } from './bytes.ts';

export type Json = Record<string, unknown>;

/** How a struct is filled: which part of its fields, and how often a value is of the wrong type or an odd one. */
interface Filling {
  random: Random;
  /** From 0 to 1. */
  odd: number;
  depth: number;
}

/** An object of a type of the type table with fields at random: mostly of the right type, mostly refused by later rules. */
export function randomStruct(struct: StructSchema, filling: Filling): Json {
  const { random, depth } = filling;
  const chance = 2 / Math.max(2, struct.fields.size) + (depth > 0 ? 0.05 : 0);
  // Not a literal: `__proto__` as a key is an input like any other.
  const made = new Map<string, unknown>();
  for (const [name, field] of struct.fields) {
    if (depth <= 0 || (!field.required && random.next() > chance)) continue;
    made.set(name, fieldValue(field, filling));
  }
  if (random.next() < filling.odd / 4) made.set(trickyText(random), oddValue(random));
  return Object.fromEntries(made);
}

const fieldValue = (field: FieldSchema, filling: Filling): unknown =>
  filling.random.next() < filling.odd ? oddValue(filling.random) : valueOf(field.value, { ...filling, depth: filling.depth - 1 });

function valueOf(value: ValueSchema, filling: Filling): unknown {
  const { random } = filling;
  switch (value.type) {
    case 'struct': {
      const struct = builtinTypes.type(value.of);
      return struct ? randomStruct(struct, filling) : {};
    }
    case 'list':
      return Array.from({ length: random.below(3) }, () => valueOf(value.items, filling));
    case 'map':
      return Object.fromEntries(
        Array.from({ length: random.below(3) }, () => [
          oneOf(random, ['a', 'b', 'app', 'x/y', trickyText(random)]),
          valueOf(value.values, filling),
        ]),
      );
    case 'bool':
      return random.below(2) === 0;
    case 'int32':
    case 'int64':
      return oneOf(random, [0, 1, 2, 80, 8080, -1, 65536, 2 ** 31, Number.MAX_SAFE_INTEGER]);
    case 'float64':
      return oneOf(random, [0, 0.5, -1.5, 1e308]);
    case 'bytes':
      return random.bytes(random.below(8)).toString('base64');
    case 'time':
    case 'microTime':
      return oneOf(random, ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000006Z', trickyText(random)]);
    case 'duration':
      return oneOf(random, ['1s', '1h', trickyText(random)]);
    case 'quantity':
      return oneOf(random, ['1', '100m', '1Gi', '0', trickyText(random)]);
    case 'intOrString':
      return oneOf(random, [1, 'http', '25%', trickyText(random)]);
    case 'rawExtension':
    case 'json':
      return oddValue(random);
    default:
      return value.enum && random.below(4) > 0
        ? oneOf(random, value.enum)
        : oneOf(random, ['a', 'b', 'default', 'img:1', trickyText(random)]);
  }
}

export const oddValue = (random: Random): unknown =>
  oneOf<() => unknown>(random, [
    () => null,
    () => trickyText(random),
    () => random.below(1000) - 500,
    () => 1e300,
    () => true,
    () => [],
    () => ({}),
    () => [null],
    () => ({ [trickyText(random)]: trickyText(random) }),
    () => [[[]]],
    () => Array.from({ length: sizeUpTo(random, 20) }, () => trickyText(random)),
  ])();

/** One place of an object gets another value, goes, or comes twice. Returns a copy. */
export function withOnePlaceChanged(object: Json, random: Random): Json {
  const copy = structuredClone(object);
  let place: Json | unknown[] = copy;
  for (;;) {
    const keys = Object.keys(place);
    if (keys.length === 0) break;
    const key = oneOf(random, keys) as keyof typeof place;
    const value: unknown = place[key];
    if (typeof value === 'object' && value !== null && random.below(4) > 0) {
      place = value as Json;
      continue;
    }
    if (random.below(4) === 0) delete place[key];
    else Object.defineProperty(place, key, { value: oddValue(random), enumerable: true, configurable: true, writable: true });
    break;
  }
  return copy;
}
