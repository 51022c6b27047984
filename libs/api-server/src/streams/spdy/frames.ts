/** SPDY/3.1 draft, section 2.2: the frames that Kubernetes clients use. */
export const FrameType = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
export const flagFin = 1;

export type SpdyFrame =
  | { control: true; type: number; flags: number; body: Buffer }
  | { control: false; streamId: number; flags: number; body: Buffer };

const headLength = 8;
const version = 3;

/** Cuts a byte stream into frames. `push` answers the frames that are complete, in order. Throws on a frame of another protocol. */
export class FrameReader {
  private pending: Buffer = Buffer.alloc(0);

  constructor(private readonly maxFrameBytes: number) {}

  push(chunk: Buffer): SpdyFrame[] {
    this.pending = this.pending.length ? Buffer.concat([this.pending, chunk]) : chunk;
    const frames: SpdyFrame[] = [];
    let at = 0;
    while (this.pending.length - at >= headLength) {
      const first = this.pending.readUInt32BE(at);
      const second = this.pending.readUInt32BE(at + 4);
      const length = second & 0xffffff;
      if (length > this.maxFrameBytes) throw new Error(`a SPDY frame of ${length} bytes is too large`);
      if (this.pending.length - at < headLength + length) break;
      const body = this.pending.subarray(at + headLength, at + headLength + length);
      frames.push(frameOf(first, second >>> 24, body));
      at += headLength + length;
    }
    this.pending = this.pending.subarray(at);
    return frames;
  }
}

function frameOf(first: number, flags: number, body: Buffer): SpdyFrame {
  if (first >>> 31 === 0) return { control: false, streamId: first & 0x7fffffff, flags, body };
  const spoken = (first >>> 16) & 0x7fff;
  if (spoken !== version) throw new Error(`SPDY version ${spoken} is not spoken here`);
  return { control: true, type: first & 0xffff, flags, body };
}

export function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  return Buffer.concat([head((0x80000000 | (version << 16) | type) >>> 0, flags, body.length), body]);
}

export function dataFrame(streamId: number, flags: number, body: Buffer): Buffer {
  return Buffer.concat([head(streamId & 0x7fffffff, flags, body.length), body]);
}

function head(first: number, flags: number, length: number): Buffer {
  const bytes = Buffer.alloc(headLength);
  bytes.writeUInt32BE(first, 0);
  bytes.writeUInt32BE(((flags << 24) | length) >>> 0, 4);
  return bytes;
}

export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, at * 4);
  return bytes;
}
