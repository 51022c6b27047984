import { Int64 } from '#base';
import { canonicalQuantity, QuantityError } from '../quantity/quantity.ts';
import type { ScalarType, ValueSchema } from '../type-table/schema.ts';
import { BadValue, goType, Mismatch } from './mismatch.ts';
import { utcOf } from './time.ts';

/** Checks a JSON value and answers it in its canonical form. Throws Mismatch or BadValue. */
export type Read = (value: unknown) => unknown;

const readers: Record<ScalarType, (value: unknown, goName: string) => unknown> = {
  string: (value, goName) => {
    if (typeof value !== 'string') throw new Mismatch(value, goName);
    return value;
  },
  bool: (value, goName) => {
    if (typeof value !== 'boolean') throw new Mismatch(value, goName);
    return value;
  },
  int32: (value, goName) => {
    if (typeof value !== 'number' || (value | 0) !== value) throw new Mismatch(value, goName);
    return value;
  },
  int64: (value, goName) => {
    if (value instanceof Int64 && BigInt.asIntN(64, BigInt(value.text)) === BigInt(value.text)) return value;
    if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > 2 ** 63) throw new Mismatch(value, goName);
    return value;
  },
  float64: (value, goName) => {
    if (value instanceof Int64) return Number(value);
    if (typeof value !== 'number') throw new Mismatch(value, goName);
    return value;
  },
  bytes: readBytes,
  time: (value) => readTime(value, false),
  microTime: (value) => readTime(value, true),
  duration: (value) => {
    if (typeof value !== 'string') throw new Mismatch(value, 'string');
    if (!/^[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)$/.test(value)) {
      throw new BadValue(`time: invalid duration ${JSON.stringify(value)}`);
    }
    return value;
  },
  quantity: readQuantity,
  intOrString: (value) => {
    if (typeof value === 'string') return value;
    if (typeof value !== 'number' || (value | 0) !== value) throw new Mismatch(value, 'int32');
    return value;
  },
  rawExtension: (value) => value,
  json: (value) => value,
};

export function scalarReader(schema: ValueSchema & { type: ScalarType }): Read {
  const read = readers[schema.type];
  const goName = goType(schema);
  return (value) => read(value, goName);
}

function readQuantity(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof Int64)) {
    throw new BadValue("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  try {
    return canonicalQuantity(typeof value === 'string' ? value : String(value));
  } catch (err) {
    if (err instanceof QuantityError) throw new BadValue(err.message, { cause: err });
    throw err;
  }
}

function readBytes(value: unknown, goName: string): string {
  if (typeof value !== 'string') throw new Mismatch(value, goName);
  const text = /[\r\n]/.test(value) ? value.replaceAll(/[\r\n]/g, '') : value;
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    // Padding bits may be anything; the canonical text has them zero.
    return text.endsWith('=') ? Buffer.from(text, 'base64').toString('base64') : text;
  }
  const wrong = /[^A-Za-z0-9+/]/.exec(value.replace(/={1,2}$/, ''));
  throw new BadValue(`illegal base64 data at input byte ${wrong ? wrong.index : value.length - (value.length % 4 || 4)}`);
}

function readTime(value: unknown, micro: boolean): string {
  if (typeof value !== 'string') throw new Mismatch(value, 'string');
  const { seconds, fraction } = utcOf(value);
  return micro ? `${seconds}.${fraction.slice(1, 7).padEnd(6, '0')}Z` : `${seconds}Z`;
}
