import { type Int64, int64 } from '#base';
import { maxValues, tooManyValues } from '../decode/limits.ts';

/** How many fields and items may still be read, in all messages of a body together: an empty one takes two bytes of it. */
export interface WireBudget {
  left: number;
}

/** An entry of a map is one value and has three tags, any other value has one. */
export const wireBudget = (): WireBudget => ({ left: 2 * maxValues });

/**
 * Reads the protobuf wire format (protobuf.dev, "Encoding"). Throws RangeError when the bytes end too soon or say what cannot be, ApiError
 * 413 for too many values.
 */
export class WireReader {
  private at = 0;
  private readonly bytes: Uint8Array;
  private readonly budget: WireBudget;

  constructor(bytes: Uint8Array, budget: WireBudget) {
    this.bytes = bytes;
    this.budget = budget;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  tag(): { field: number; wire: number } {
    this.spend();
    const tag = this.size();
    if (tag < 8) throw new RangeError(`proto: illegal tag 0 (wire type ${tag})`);
    return { field: Math.floor(tag / 8), wire: tag % 8 };
  }

  spend(): void {
    if (--this.budget.left < 0) throw tooManyValues();
  }

  /** A reader of the block that comes next. */
  inner(): WireReader {
    return new WireReader(this.block(), this.budget);
  }

  /** A tag or length: most are one byte, and a bigint for each would take most of the time. */
  private size(): number {
    const first = this.bytes[this.at];
    if (first === undefined || first > 0x7f) return Number(this.varint());
    this.at++;
    return first;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('proto: illegal or truncated varint');
  }

  double(): number {
    this.at += 8;
    return new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).getFloat64(this.at - 8, true);
  }

  block(): Uint8Array {
    const length = this.size();
    if (length > this.bytes.length - this.at) throw new RangeError('unexpected EOF');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.block();
    else if (wire === 3) this.skipGroup();
    else if (wire === 5) this.at += 4;
    else if (wire === 4) throw new RangeError('proto: unexpected end of group');
    else throw new RangeError(`proto: illegal wireType ${wire}`);
    if (this.at > this.bytes.length) throw new RangeError('unexpected EOF');
  }

  /** Groups may hold groups; only their ends are counted, as Go's generated code does it. */
  private skipGroup(): void {
    for (let depth = 1; depth > 0; ) {
      if (this.done) throw new RangeError('unexpected EOF');
      const { wire } = this.tag();
      if (wire === 3) depth++;
      else if (wire === 4) depth--;
      else this.skip(wire);
    }
  }
}

/** Signed 64-bit integers are written as their two's complement. */
export const signed = (value: bigint): number => Number(BigInt.asIntN(64, value));
export const exactSigned = (value: bigint): number | Int64 => int64(BigInt.asIntN(64, value));
