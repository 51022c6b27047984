import { bad } from './tar-header.ts';

// RFC 8878, "Frames" and "Blocks". Node's decoder stops after the first frame of a stream; zstd:chunked has one for each file, and tables
// of contents in frames that are to be skipped.

type Field = 'magic' | 'skippable size' | 'descriptor' | 'block' | 'end';

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const dictionaryIdBytes = [0, 1, 2, 4];
const contentSizeBytes = [0, 2, 4, 8];

/** Finds the end of one frame, going from block to block without decoding any. */
class FrameScanner {
  private field: Field = 'magic';
  /** Of the present field, little-endian. */
  private value = 0;
  private have = 0;
  private want = 4;
  private skip = 0;
  private checksumBytes = 0;

  /** Where in the chunk the frame ends; undefined when it goes on behind it. Throws 'bad-image' for what is no frame. */
  scan(chunk: Buffer): number | undefined {
    for (let at = 0; ; ) {
      const skipped = Math.min(this.skip, chunk.length - at);
      at += skipped;
      this.skip -= skipped;
      if (this.skip === 0 && this.field === 'end') return at;
      if (at === chunk.length) return undefined;
      this.value += chunk[at++]! * 2 ** (8 * this.have++);
      if (this.have < this.want) continue;
      const { value } = this;
      [this.value, this.have] = [0, 0];
      this.take(value);
    }
  }

  private take(value: number): void {
    switch (this.field) {
      case 'magic':
        if (value === frameMagic) return this.expect('descriptor', 1);
        // The last four bits are anybody's.
        if (value - (value % 16) === skippableMagic) return this.expect('skippable size', 4);
        throw bad('it cannot be unpacked: what follows a frame is none');
      case 'skippable size':
        return this.expect('end', 0, value);
      case 'descriptor': {
        const isSingleSegment = (value & 0x20) !== 0;
        const sizeFlag = value >> 6;
        const size = sizeFlag === 0 && isSingleSegment ? 1 : contentSizeBytes[sizeFlag]!;
        this.checksumBytes = value & 0x04 ? 4 : 0;
        return this.expect('block', 3, (isSingleSegment ? 0 : 1) + dictionaryIdBytes[value & 0x03]! + size);
      }
      case 'block': {
        const [isLast, type, size] = [(value & 1) !== 0, (value >> 1) & 3, value >> 3];
        const bytes = type === 1 ? 1 : size; // one byte that is repeated
        return isLast ? this.expect('end', 0, bytes + this.checksumBytes) : this.expect('block', 3, bytes);
      }
    }
  }

  private expect(field: Field, bytes: number, after = 0): void {
    this.field = field;
    this.want = bytes;
    this.skip = after;
  }
}

/** The frames of a stream, one after the other: each has to be read to its end before the next is asked for. */
export async function* zstdFrames(source: AsyncIterable<Buffer>): AsyncGenerator<AsyncGenerator<Buffer>> {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const next = async (): Promise<Buffer | undefined> => {
    if (rest.length > 0) return rest;
    const read = await iterator.next();
    return read.done ? undefined : read.value;
  };
  const frame = async function* (): AsyncGenerator<Buffer> {
    const scanner = new FrameScanner();
    for (let chunk = await next(); chunk; chunk = await next()) {
      const end = scanner.scan(chunk);
      rest = chunk.subarray(end ?? chunk.length);
      yield chunk.subarray(0, end);
      if (end !== undefined) return;
    }
  };
  try {
    for (let chunk = await next(); chunk; chunk = await next()) {
      rest = chunk;
      if (chunk.length > 0) yield frame();
    }
  } finally {
    await iterator.return?.();
  }
}
