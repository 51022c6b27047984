import { type KnownKey, setKey } from '#base';
import type { FieldSchema, ScalarType, StructSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';
import { tooManyValues } from './limits.ts';
import { bareTypeName, goType, Mismatch } from './mismatch.ts';
import { scalarReader } from './scalars.ts';

/** What one decoding collects and wants. */
export interface Run {
  /** Put plain defaults in where a field is absent. */
  defaults: boolean;
  /** Set when a field was met that its struct does not have. */
  sawUnknown: boolean;
  /** How many values the outcome may still get: an empty item may become one of many defaults. */
  left: number;
}

/** `before`: a value of this type that was read already; where `value` shares parts with it these are left as they are. */
export type PlanRead = (value: unknown, run: Run, before?: unknown) => unknown;

interface FieldPlan {
  name: KnownKey;
  read: PlanRead;
  /** What stands in the object when the field is absent, null or a zero that is left out; undefined: nothing. */
  absent: ((run: Run) => unknown) | undefined;
  isDropped: ((value: unknown) => boolean) | undefined;
}

type JsonObject = Record<string, unknown>;

/** Reads a value of one type: checks, prunes, canonicalises, defaults. Made once per type and table. */
export class StructPlan {
  readonly schema: StructSchema;
  private readonly fields: readonly FieldPlan[];
  private readonly shortName: string;

  constructor(schema: StructSchema, plans: Plans) {
    this.schema = schema;
    this.shortName = bareTypeName(schema.name);
    this.fields = [...schema.fields].map(([name, field]) => fieldPlan(name, field, plans));
  }

  /** A new object in the order of the published definition. Throws Mismatch or BadValue. */
  read(value: unknown, run: Run, before?: unknown): JsonObject {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Mismatch(value, goType({ type: 'struct', of: this.schema.name }));
    if (value === before) return value as JsonObject;
    const given = value as JsonObject;
    const earlier = before as JsonObject | undefined;
    const out: JsonObject = {};
    let current = '' as KnownKey;
    let known = 0;
    let kept = 0;
    try {
      for (const field of this.fields) {
        current = field.name;
        const it = given[current];
        if (it !== undefined) known++;
        if (it !== undefined && it !== null) {
          const read = field.read(it, run, earlier?.[current]);
          if (field.isDropped === undefined || !field.isDropped(read)) {
            out[current] = read;
            kept++;
            continue;
          }
        }
        const absent = field.absent?.(run);
        if (absent === undefined) continue;
        out[current] = absent;
        kept++;
      }
    } catch (err) {
      if (err instanceof Mismatch) err.within(this.shortName, current);
      throw err;
    }
    spend(run, kept);
    if (countKeys(given) !== known) this.meetUnknown(given, out, run);
    return out;
  }

  private meetUnknown(given: JsonObject, out: JsonObject, run: Run): void {
    if (run.sawUnknown && !this.schema.preserveUnknown) return;
    for (const key of Object.keys(given)) {
      if (this.schema.fields.has(key) || given[key] === undefined) continue;
      if (!this.schema.preserveUnknown) {
        run.sawUnknown = true;
        return;
      }
      setKey(out, key, given[key]);
    }
  }
}

function spend(run: Run, values: number): void {
  run.left -= values;
  if (run.left < 0) throw tooManyValues();
}

function countKeys(object: JsonObject): number {
  let count = 0;
  for (const _ in object) count++;
  return count;
}

/** The plans of one table. */
export class Plans {
  private readonly table: TypeTable;
  private readonly structs = new WeakMap<StructSchema, StructPlan>();

  constructor(table: TypeTable) {
    this.table = table;
  }

  struct(schema: StructSchema): StructPlan {
    let plan = this.structs.get(schema);
    if (!plan) {
      plan = new StructPlan(schema, this);
      this.structs.set(schema, plan);
    }
    return plan;
  }

  read(value: ValueSchema): PlanRead {
    switch (value.type) {
      case 'struct':
        return this.structRead(value.of);
      case 'list':
        return this.listRead(value);
      case 'map':
        return this.mapRead(value);
      default:
        return scalarReader(value as ValueSchema & { type: ScalarType });
    }
  }

  /** Types may contain themselves, and those of custom resources change: the plan is looked up at each use. */
  private structRead(name: string): PlanRead {
    return (value, run, before) => {
      const schema = this.table.type(name);
      if (!schema) throw new Error(`type table: ${name} is not there`);
      return this.struct(schema).read(value, run, before);
    };
  }

  private listRead(value: ValueSchema & { type: 'list' }): PlanRead {
    const item = this.read(value.items);
    const zero = zeroOf(value.items, item);
    return (given, run, before) => {
      if (!Array.isArray(given)) throw new Mismatch(given, goType(value));
      if (given === before) return given;
      spend(run, given.length);
      const earlier = Array.isArray(before) ? before : undefined;
      const out: unknown[] = [];
      for (let i = 0; i < given.length; i++) out.push(given[i] === null ? zero(run) : item(given[i], run, earlier?.[i]));
      return out;
    };
  }

  private mapRead(value: ValueSchema & { type: 'map' }): PlanRead {
    const item = this.read(value.values);
    const zero = zeroOf(value.values, item);
    return (given, run, before) => {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Mismatch(given, goType(value));
      if (given === before) return given;
      const out: JsonObject = {};
      for (const key of Object.keys(given)) {
        spend(run, 1);
        const it = (given as JsonObject)[key];
        setKey(out, key, it === null ? zero(run) : item(it, run));
      }
      return out;
    };
  }
}

/** The value that Go has where JSON says null or nothing, as Go writes it. */
function zeroOf(value: ValueSchema, read: PlanRead): (run: Run) => unknown {
  switch (value.type) {
    case 'struct':
      return (run) => read({}, run);
    case 'string':
      return () => '';
    case 'int32':
    case 'int64':
    case 'float64':
    case 'intOrString':
      return () => 0;
    case 'bool':
      return () => false;
    case 'quantity':
      return () => '0';
    case 'duration':
      return () => '0s';
    default:
      return () => null;
  }
}

const isZero = (value: unknown): boolean => {
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return value.length === 0;
    for (const _ in value) return false;
    return true;
  }
  return value === '' || value === 0 || value === false;
};

function fieldPlan(name: string, field: FieldSchema, plans: Plans): FieldPlan {
  const read = plans.read(field.value);
  const zero = field.pointer ? () => null : zeroOf(field.value, read);
  const written = field.whenZero === 'write' ? zero : undefined;
  const { default: byDefault } = field;
  const defaulted = byDefault === undefined ? undefined : (run: Run) => read(byDefault, run);
  const absent = defaulted ? (run: Run) => (run.defaults ? defaulted(run) : written?.(run)) : written;
  // A non-pointer that is zero is the same as one that is absent: it takes the default, or is written as the rule says.
  const droppable =
    !field.pointer && !field.emptyCounts && (field.whenZero === 'drop' || (byDefault !== undefined && field.whenZero === 'write'));
  return { name: name as KnownKey, read, absent: dropZeroDefault(field, absent), isDropped: droppable ? isZero : undefined };
}

/** A default that is the zero value of an `omitempty` field is never written. */
function dropZeroDefault(field: FieldSchema, absent: FieldPlan['absent']): FieldPlan['absent'] {
  if (field.default === undefined || field.pointer || field.whenZero !== 'drop' || !isZero(field.default)) return absent;
  return undefined;
}

const plansOf = new WeakMap<TypeTable, Plans>();

/** The plans of a table, made once. Types that are added to the table later are planned when they are first met. */
export function plansFor(table: TypeTable): Plans {
  let plans = plansOf.get(table);
  if (!plans) {
    plans = new Plans(table);
    plansOf.set(table, plans);
  }
  return plans;
}
