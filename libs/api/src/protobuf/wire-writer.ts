import type { Int64 } from '#base';

/**
 * Writes the protobuf wire format from the end to the beginning: what is inside a message is there before its length has to be known, so
 * one pass is enough. Fields are written last first.
 */
export class WireWriter {
  private bytes: Buffer;
  private at: number;
  private readonly first: Buffer;

  constructor(sizeBytes = 4096) {
    this.first = Buffer.allocUnsafeSlow(sizeBytes);
    this.bytes = this.first;
    this.at = sizeBytes;
  }

  /** How much has been written. */
  get length(): number {
    return this.bytes.length - this.at;
  }

  /** A copy of what `write` writes. The writer begins and ends empty, whatever was thrown here or before, and keeps only its first buffer. */
  written(write: (to: this) => void): Buffer {
    try {
      this.begin();
      write(this);
      return Buffer.from(this.bytes.subarray(this.at));
    } finally {
      this.begin();
    }
  }

  private begin(): void {
    this.bytes = this.first;
    this.at = this.first.length;
  }

  /** Makes room in front of what is there: `at` and `bytes` are others afterwards, so they are read only then. */
  private reserve(count: number): void {
    if (this.at < count) {
      const used = this.length;
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, used + count * 2));
      this.bytes.copy(larger, larger.length - used, this.at);
      this.at = larger.length - used;
      this.bytes = larger;
    }
    this.at -= count;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at] = value;
  }

  /** A whole number; negative ones as two's complement of 64 bits. */
  varint(value: number | Int64): void {
    if (typeof value !== 'number') return this.longVarint(BigInt(value.text));
    if (value >= 0 && value < 0x80) return this.byte(value);
    if (value < 0 || value > 0x7fffffff) return this.longVarint(BigInt(value));
    let size = 1;
    for (let left = value >>> 7; left > 0; left >>>= 7) size++;
    this.reserve(size);
    let { at } = this;
    let left = value;
    for (; left > 0x7f; left >>>= 7) this.bytes[at++] = (left & 0x7f) | 0x80;
    this.bytes[at] = left;
  }

  private longVarint(value: bigint): void {
    const bytes: number[] = [];
    let left = BigInt.asUintN(64, value);
    for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
    bytes.push(Number(left));
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
  }

  double(value: number): void {
    this.reserve(8);
    this.bytes.writeDoubleLE(value, this.at);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
  }

  /** The length of what was written since `before`, which makes a block of it. */
  blockSince(before: number): void {
    this.varint(this.length - before);
  }

  block(bytes: Uint8Array): void {
    this.raw(bytes);
    this.varint(bytes.length);
  }

  /** UTF-8 text as a block. */
  text(text: string): void {
    const { length } = text;
    // Names and words are short and plain: writing them here is quicker than a call into the runtime.
    if (length < 32 && this.shortText(text)) return;
    const size = Buffer.byteLength(text);
    this.reserve(size);
    this.bytes.write(text, this.at, size, 'utf8');
    this.varint(size);
  }

  private shortText(text: string): boolean {
    const { length } = text;
    this.reserve(length);
    const { at } = this;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.at += length;
        return false;
      }
      this.bytes[at + i] = code;
    }
    this.byte(length);
    return true;
  }
}
