import { type Int64, int64 } from '#base';

/** Reads the protobuf wire format (protobuf.dev, "Encoding"). Throws RangeError when the bytes end too soon or say what cannot be. */
export class WireReader {
  private at = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  tag(): { field: number; wire: number } {
    const tag = Number(this.varint());
    return { field: Math.floor(tag / 8), wire: tag % 8 };
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
    return this.view.getFloat64(this.at - 8, true);
  }

  block(): Uint8Array {
    const length = Number(this.varint());
    if (length > this.bytes.length - this.at) throw new RangeError('unexpected EOF');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.block();
    else if (wire === 5) this.at += 4;
    else throw new RangeError(`proto: illegal wireType ${wire}`);
  }
}

/** Signed 64-bit integers are written as their two's complement. */
export const signed = (value: bigint): number => Number(BigInt.asIntN(64, value));
export const exactSigned = (value: bigint): number | Int64 => int64(BigInt.asIntN(64, value));
