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
  private readonly bytes: Buffer;
  private readonly budget: WireBudget;
  private at: number;
  private readonly end: number;

  /** A part of the bytes, where a message in another is read: to cut a piece off for each would take most of the time. */
  constructor(bytes: Uint8Array, budget: WireBudget, at = 0, end = bytes.length) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.budget = budget;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
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
    const start = this.pass();
    return new WireReader(this.bytes, this.budget, start, this.at);
  }

  /** A tag or length: most are one byte or two, and a bigint for each would take most of the time. */
  private size(): number {
    const [first, second] = [this.bytes[this.at], this.bytes[this.at + 1]];
    if (this.at < this.end && first !== undefined && first < 0x80) {
      this.at++;
      return first;
    }
    if (this.at + 1 < this.end && first !== undefined && second !== undefined && second < 0x80) {
      this.at += 2;
      return (first & 0x7f) + second * 0x80;
    }
    return Number(this.varint());
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) break;
      const byte = this.bytes[this.at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('proto: illegal or truncated varint');
  }

  double(): number {
    if (this.at + 8 > this.end) throw new RangeError('unexpected EOF');
    this.at += 8;
    return this.bytes.readDoubleLE(this.at - 8);
  }

  block(): Buffer {
    const start = this.pass();
    return this.bytes.subarray(start, this.at);
  }

  /** UTF-8; what is none becomes U+FFFD. */
  text(): string {
    const start = this.pass();
    return this.bytes.toString('utf8', start, this.at);
  }

  /** Goes behind the block that comes next, and answers where it begins. */
  private pass(): number {
    const length = this.size();
    if (length > this.end - this.at) throw new RangeError('unexpected EOF');
    this.at += length;
    return this.at - length;
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.pass();
    else if (wire === 3) this.skipGroup();
    else if (wire === 5) this.at += 4;
    else if (wire === 4) throw new RangeError('proto: unexpected end of group');
    else throw new RangeError(`proto: illegal wireType ${wire}`);
    if (this.at > this.end) throw new RangeError('unexpected EOF');
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
