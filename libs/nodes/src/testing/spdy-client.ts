import { Duplex } from 'node:stream';
import { constants, createDeflate, createInflate } from 'node:zlib';
import { dictionary } from '../streams/spdy/dictionary.ts';
import { controlFrame, dataFrame, FrameReader, FrameType, flagFin, words } from '../streams/spdy/frames.ts';

/** Two ends of one connection. */
export function pair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        other().push(chunk);
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  ends.push(
    make(() => ends[1] as Duplex),
    make(() => ends[0] as Duplex),
  );
  return [ends[0] as Duplex, ends[1] as Duplex];
}

/** A client that compresses as client-go does: one zlib stream for all its header blocks. */
export class SpdyClient {
  private readonly deflate = createDeflate({ dictionary });
  private readonly inflate = createInflate({ dictionary });
  readonly reader = new FrameReader(1 << 24);
  readonly received: string[] = [];

  constructor(private readonly socket: Duplex) {
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.reader.push(chunk)) {
        if (frame.control) this.received.push(`control ${frame.type}`);
        else this.received.push(`data ${frame.streamId}${frame.flags & flagFin ? ' fin' : ''} ${frame.body.toString()}`.trim());
      }
    });
    this.inflate.on('error', () => {});
  }

  async open(id: number, headers: Record<string, string>): Promise<void> {
    const parts = [words(Object.keys(headers).length)];
    for (const text of Object.entries(headers).flat()) parts.push(words(text.length), Buffer.from(text));
    const block = await new Promise<Buffer>((resolve) => {
      const out: Buffer[] = [];
      this.deflate.on('data', (chunk: Buffer) => out.push(chunk));
      this.deflate.write(Buffer.concat(parts));
      this.deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.deflate.removeAllListeners('data');
        resolve(Buffer.concat(out));
      });
    });
    this.socket.write(controlFrame(FrameType.synStream, 0, Buffer.concat([words(id, 0), Buffer.alloc(2), block])));
  }

  send(id: number, text: string, fin = false): void {
    this.socket.write(dataFrame(id, fin ? flagFin : 0, Buffer.from(text)));
  }
}
