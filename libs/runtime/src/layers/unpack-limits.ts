import { bad } from './tar-header.ts';

/** Bounds of one layer. Generous for any image that people build; an archive beyond them is made to hurt. */
export interface UnpackLimits {
  entries: number;
  unpackedBytes: number;
  /** Unpacked to packed bytes, looked at once more than `ratioFromBytes` are unpacked. Above what text compresses to; gzip ends at 1032. */
  ratio: number;
  ratioFromBytes: number;
}

export const defaultLimits: UnpackLimits = {
  entries: 1_000_000,
  unpackedBytes: 64 * 1024 ** 3,
  ratio: 250,
  ratioFromBytes: 1024 ** 3,
};

/** Counts what a layer unpacks to and stops it at its bounds, before the bytes are written. */
export class UnpackMeter {
  private entries = 0;
  private unpackedBytes = 0;
  packedBytes = 0;

  constructor(private readonly limits: UnpackLimits) {}

  countEntry(): void {
    if (++this.entries > this.limits.entries) throw bad(`it has more than ${this.limits.entries} entries`);
  }

  /** An entry says how long it is before its content comes. */
  declare(sizeBytes: number): void {
    if (this.unpackedBytes + sizeBytes > this.limits.unpackedBytes) throw bad(`it unpacks to more than ${this.limits.unpackedBytes} bytes`);
  }

  /** Bytes that came out of the decompressor. */
  countUnpacked(bytes: number): void {
    this.unpackedBytes += bytes;
    const { ratio, ratioFromBytes, unpackedBytes } = this.limits;
    if (this.unpackedBytes > unpackedBytes) throw bad(`it unpacks to more than ${unpackedBytes} bytes`);
    if (this.unpackedBytes > ratioFromBytes && this.packedBytes > 0 && this.unpackedBytes > this.packedBytes * ratio) {
      throw bad(`it unpacks to more than ${ratio} times its size`);
    }
  }
}
