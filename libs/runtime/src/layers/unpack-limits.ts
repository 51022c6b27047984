import { lookUp } from '#base';
import { RuntimeError } from '../contract.ts';
import { bad } from './tar-header.ts';

/** Bounds of a layer and of an image. Generous for any image that people build; what is beyond them is made to hurt. */
export interface UnpackLimits {
  /** Files, directories and marks, of all layers of an image. */
  entries: number;
  /** Of one layer. */
  unpackedBytes: number;
  /** Of all layers of an image. */
  imageBytes: number;
  /** Unpacked to packed bytes, looked at once more than `ratioFromBytes` are unpacked. Above what text compresses to; gzip ends at 1032. */
  ratio: number;
  ratioFromBytes: number;
}

export const defaultLimits: UnpackLimits = {
  entries: 1_000_000,
  unpackedBytes: 64 * 1024 ** 3,
  imageBytes: 128 * 1024 ** 3,
  ratio: 250,
  ratioFromBytes: 1024 ** 3,
};

const settable = { layer: 'unpackedBytes', image: 'imageBytes', entries: 'entries' } as const;
const units: Readonly<Record<string, number>> = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 };

/** `layer=64Gi,image=128Gi,entries=1000000`, any of them. Throws an Error with one line for people. */
export function parseUnpackLimits(text: string): UnpackLimits {
  const limits = { ...defaultLimits };
  for (const part of text.split(',').filter(Boolean)) {
    const [, name = '', digits = '', unit = ''] = /^(layer|image|entries)=([1-9]\d{0,14})(Ki|Mi|Gi|Ti)?$/.exec(part.trim()) ?? [];
    const value = Number(digits) * lookUp(units, unit)!;
    if (name === '' || !Number.isSafeInteger(value)) {
      throw new Error(`image limits ${text}: must be such as layer=64Gi,image=128Gi,entries=1000000`);
    }
    limits[settable[name as keyof typeof settable]] = value;
  }
  return limits;
}

/** What an image may still unpack to. Its layers, which come at the same time, draw on it together. */
export class ImageBudget {
  private entries = 0;
  private bytes = 0;

  constructor(private readonly limits: UnpackLimits) {}

  /** Throws 'bad-image' once all layers together are beyond what an image may have. */
  take({ entries, bytes }: { entries: number; bytes: number }): void {
    this.entries += entries;
    this.bytes += bytes;
    if (this.bytes > this.limits.imageBytes) throw tooLarge(`it unpacks to more than ${this.limits.imageBytes} bytes`);
    if (this.entries > this.limits.entries) throw tooLarge(`it has more than ${this.limits.entries} entries`);
  }
}

/** Counts what a layer unpacks to and stops it at its bounds, before the bytes are written. */
export class UnpackMeter {
  entries = 0;
  private unpackedBytes = 0;
  private declaredBytes = 0;
  /** Counted by whoever reads the packed bytes, before they are unpacked: `ratio` compares with it. */
  packedBytes = 0;

  constructor(
    private readonly limits: UnpackLimits,
    private readonly image = new ImageBudget(limits),
  ) {}

  /** Before the entry is made. Throws 'bad-image'. */
  countEntry(): void {
    this.entries++;
    this.image.take({ entries: 1, bytes: 0 });
  }

  /** An entry says how long it is before its content comes. */
  declare(sizeBytes: number): void {
    this.declaredBytes += sizeBytes;
    if (this.declaredBytes > this.limits.unpackedBytes) throw bad(`it unpacks to more than ${this.limits.unpackedBytes} bytes`);
  }

  /** Bytes that came out of the decompressor. */
  countUnpacked(bytes: number): void {
    this.unpackedBytes += bytes;
    const { ratio, ratioFromBytes, unpackedBytes } = this.limits;
    if (this.unpackedBytes > unpackedBytes) throw bad(`it unpacks to more than ${unpackedBytes} bytes`);
    if (this.unpackedBytes > ratioFromBytes && this.packedBytes > 0 && this.unpackedBytes > this.packedBytes * ratio) {
      throw bad(`it unpacks to more than ${ratio} times its size`);
    }
    this.image.take({ entries: 0, bytes });
  }
}

function tooLarge(reason: string): Error {
  return new RuntimeError('bad-image', `invalid image: ${reason}`);
}
