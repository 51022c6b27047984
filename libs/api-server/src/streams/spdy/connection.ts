import { Duplex } from 'node:stream';
import { controlFrame, dataFrame, FrameReader, FrameType, flagFin, type SpdyFrame, words } from './frames.ts';
import { HeaderBlocks } from './header-blocks.ts';

const maxFrameBytes = 0xffffff;
const maxStreams = 4096;
const cancel = 5;

/** One stream that the client opened. Its two directions end apart, as those of a TCP connection. */
export class SpdyStream extends Duplex {
  constructor(
    readonly id: number,
    readonly headers: ReadonlyMap<string, string>,
    private readonly connection: SpdyConnection,
  ) {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    this.connection.wanted(this);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.connection.sendData(this.id, chunk, 0, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.connection.sendData(this.id, Buffer.alloc(0), flagFin, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.writableFinished) this.connection.reset(this.id);
    this.connection.forget(this.id);
    done(error);
  }
}

/**
 * The server's side of a SPDY/3.1 connection over any byte stream. There is no flow control in either direction, as in client-go's
 * implementation, which never sends WINDOW_UPDATE: a stream whose reader is slow makes the whole connection wait.
 */
export class SpdyConnection {
  private readonly streams = new Map<number, SpdyStream>();
  private readonly headers = new HeaderBlocks();
  private readonly reader = new FrameReader(maxFrameBytes);
  private readonly waiting = new Map<SpdyStream, () => void>();
  private lastStreamId = 0;

  constructor(
    private readonly socket: Duplex,
    private readonly accept: (stream: SpdyStream) => void,
  ) {}

  /** Serves until either side closes. `head` is what came with the request. Never rejects for what the peer did; the connection then ends. */
  async run(head: Buffer): Promise<void> {
    try {
      if (head.length) await this.receive(head);
      for await (const chunk of this.socket) await this.receive(chunk as Buffer);
    } catch {
      // A broken connection or a peer that speaks something else: it ends, and with it its streams.
    } finally {
      for (const stream of this.streams.values()) stream.destroy();
      this.headers.close();
      this.socket.destroy();
    }
  }

  /** Lets what was written reach the client, then closes. */
  close(): void {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    this.socket.write(controlFrame(FrameType.goAway, 0, words(this.lastStreamId, 0)));
    this.socket.end();
  }

  wanted(stream: SpdyStream): void {
    const resume = this.waiting.get(stream);
    this.waiting.delete(stream);
    resume?.();
  }

  sendData(streamId: number, data: Buffer, flags: number, done: (error?: Error | null) => void): void {
    if (this.socket.destroyed || this.socket.writableEnded) done();
    else this.socket.write(dataFrame(streamId, flags, data), (error) => done(error));
  }

  reset(streamId: number): void {
    if (!this.socket.destroyed && !this.socket.writableEnded) {
      this.socket.write(controlFrame(FrameType.rstStream, 0, words(streamId, cancel)));
    }
  }

  forget(streamId: number): void {
    const stream = this.streams.get(streamId);
    if (stream) this.wanted(stream);
    this.streams.delete(streamId);
  }

  private async receive(chunk: Buffer): Promise<void> {
    for (const frame of this.reader.push(chunk)) {
      if (frame.control) await this.control(frame.type, frame);
      else await this.data(frame);
    }
  }

  private async control(type: number, frame: SpdyFrame): Promise<void> {
    const { body, flags } = frame;
    if (type === FrameType.synStream) {
      await this.open(body.readUInt32BE(0) & 0x7fffffff, body.subarray(10), flags);
    } else if (type === FrameType.headers) {
      await this.headers.decode(body.subarray(4)); // keeps the shared compression state in step
    } else if (type === FrameType.rstStream) {
      this.streams.get(body.readUInt32BE(0) & 0x7fffffff)?.destroy();
    } else if (type === FrameType.ping) {
      this.socket.write(controlFrame(FrameType.ping, 0, body.subarray(0, 4)));
    } else if (type === FrameType.goAway) {
      // The client opens no more streams; it closes the connection when it has what it waits for.
    }
  }

  private async open(id: number, block: Buffer, flags: number): Promise<void> {
    const headers = await this.headers.decode(block);
    this.lastStreamId = Math.max(this.lastStreamId, id);
    if (this.streams.size >= maxStreams) return this.reset(id);
    const stream = new SpdyStream(id, headers, this);
    stream.on('error', () => stream.destroy());
    this.streams.set(id, stream);
    // The reply comes before any data of ours; client-go waits for it.
    const reply = await this.headers.encode(new Map());
    this.socket.write(controlFrame(FrameType.synReply, 0, Buffer.concat([words(id), reply])));
    if (flags & flagFin) stream.push(null);
    this.accept(stream);
  }

  private async data(frame: Extract<SpdyFrame, { control: false }>): Promise<void> {
    const stream = this.streams.get(frame.streamId);
    if (!stream || stream.destroyed) return;
    if (frame.body.length && !stream.readableEnded && !stream.push(Buffer.from(frame.body)) && !stream.destroyed) {
      await new Promise<void>((resume) => this.waiting.set(stream, resume));
    }
    if (frame.flags & flagFin) stream.push(null);
  }
}
