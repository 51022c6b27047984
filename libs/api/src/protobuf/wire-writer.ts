/**
 * Writes the protobuf wire format from the end to the beginning: what is inside a message is there before its length has to be known, so
 * one pass is enough. Fields are written last first.
 */
export class WireWriter {
  private bytes: Buffer;
  private at: number;

  constructor(sizeBytes = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes);
    this.at = sizeBytes;
  }

  /** How much has been written. */
  get length(): number {
    return this.bytes.length - this.at;
  }

  /** A copy of what has been written; the writer begins anew. */
  take(): Buffer {
    const taken = Buffer.from(this.bytes.subarray(this.at));
    this.at = this.bytes.length;
    return taken;
  }

  private room(count: number): number {
    if (this.at < count) {
      const used = this.length;
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, used + count * 2));
      this.bytes.copy(larger, larger.length - used, this.at);
      this.at = larger.length - used;
      this.bytes = larger;
    }
    this.at -= count;
    return this.at;
  }

  byte(value: number): void {
    this.bytes[this.room(1)] = value;
  }

  /** A whole number; negative ones as two's complement of 64 bits. */
  varint(value: number): void {
    if (value >= 0 && value < 0x80) return this.byte(value);
    if (value < 0 || value > 0x7fffffff) return this.longVarint(BigInt(value));
    let size = 1;
    for (let left = value >>> 7; left > 0; left >>>= 7) size++;
    let at = this.room(size);
    let left = value;
    for (; left > 0x7f; left >>>= 7) this.bytes[at++] = (left & 0x7f) | 0x80;
    this.bytes[at] = left;
  }

  private longVarint(value: bigint): void {
    const bytes: number[] = [];
    let left = BigInt.asUintN(64, value);
    for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
    bytes.push(Number(left));
    this.bytes.set(bytes, this.room(bytes.length));
  }

  double(value: number): void {
    this.bytes.writeDoubleLE(value, this.room(8));
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.room(bytes.length));
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
    this.bytes.write(text, this.room(size), size, 'utf8');
    this.varint(size);
  }

  private shortText(text: string): boolean {
    const { length } = text;
    const at = this.room(length);
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
