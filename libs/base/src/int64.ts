/**
 * A whole number beyond 2^53, which a double would round: JSON and Kubernetes have 64 bits. It counts as a number wherever one is computed
 * or compared by size, and is written as it came.
 */
export class Int64 {
  constructor(readonly text: string) {}

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): unknown {
    return rawJson(this.text);
  }
}

/** Of ES2026, which the engine has and the compiler's library does not know yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown };
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** JSON.parse, with whole numbers of up to 64 bits as exact as they came. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  // Texts with so many digits in a row are few, and a reviver costs.
  return /\d{16}/.test(text) ? (JSON.parse(text, exact as (key: string, value: unknown) => unknown) as unknown) : JSON.parse(text);
}

const exact: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d{16,19}$/.test(source ?? '') ? new Int64(source!) : value;

/** The number that a 64-bit integer is, exact in either form. */
export const int64 = (value: bigint): number | Int64 =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : new Int64(String(value));
