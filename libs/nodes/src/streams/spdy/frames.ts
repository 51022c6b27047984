/** SPDY/3.1 draft, section 2.2: the frames that Kubernetes clients use. */
export const FrameType = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
/** FLAG_FIN: the sender has nothing more on this stream. */
export const flagFin = 1;

/** A control frame, or a piece of a data frame: the flags come with the last one. */
export type SpdyFrame =
  | { control: true; type: number; flags: number; body: Buffer }
  | { control: false; streamId: number; flags: number; body: Buffer };

const headLength = 8;
const version = 3;

/**
 * Cuts a byte stream into frames. Data goes on as it comes, however long its frame; only control frames, which are short, are put together.
 * `push` throws on a frame of another protocol and on a control frame beyond the limit.
 */
export class FrameReader {
  private readonly head = Buffer.alloc(headLength);
  private headBytes = 0;
  private left = 0;
  private parts: Buffer[] = [];

  constructor(private readonly maxControlBytes: number) {}

  *push(chunk: Buffer): Generator<SpdyFrame> {
    for (let at = 0; at < chunk.length; ) {
      if (this.headBytes < headLength) {
        const taken = chunk.copy(this.head, this.headBytes, at);
        this.headBytes += taken;
        at += taken;
        if (this.headBytes < headLength) return;
        this.begin();
      }
      const body = chunk.subarray(at, at + this.left);
      at += body.length;
      this.left -= body.length;
      if (this.left === 0) this.headBytes = 0;
      const frame = this.control ? this.whole(body) : this.piece(body);
      if (frame) yield frame;
    }
  }

  private get control(): boolean {
    return this.head[0]! >= 0x80;
  }

  private begin(): void {
    this.left = this.head.readUIntBE(5, 3);
    if (!this.control) return;
    const spoken = this.head.readUInt16BE(0) & 0x7fff;
    if (spoken !== version) throw new Error(`SPDY version ${spoken} is not spoken here`);
    if (this.left > this.maxControlBytes) throw new Error(`a SPDY control frame of ${this.left} bytes is too large`);
  }

  private whole(part: Buffer): SpdyFrame | undefined {
    if (part.length) this.parts.push(part);
    if (this.left > 0) return undefined;
    const body = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.parts = [];
    return { control: true, type: this.head.readUInt16BE(2), flags: this.head[4]!, body };
  }

  private piece(body: Buffer): SpdyFrame | undefined {
    if (body.length === 0 && this.left > 0) return undefined;
    return { control: false, streamId: this.head.readUInt32BE(0) & 0x7fffffff, flags: this.left === 0 ? this.head[4]! : 0, body };
  }
}

/** One control frame; `body` is compressed already where its type wants that. */
export function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  return Buffer.concat([head((0x80000000 | (version << 16) | type) >>> 0, flags, body.length), body]);
}

/** One data frame. Its length has 24 bits, so `body` must be shorter than 16 MiB. */
export function dataFrame(streamId: number, flags: number, body: Buffer): Buffer {
  return Buffer.concat([head(streamId & 0x7fffffff, flags, body.length), body]);
}

function head(first: number, flags: number, length: number): Buffer {
  const bytes = Buffer.alloc(headLength);
  bytes.writeUInt32BE(first, 0);
  bytes.writeUInt32BE(((flags << 24) | length) >>> 0, 4);
  return bytes;
}

/** 32-bit numbers in network order, as control frames hold them. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, at * 4);
  return bytes;
}
