import { Duplex } from 'node:stream';
import type { Logger } from '#telemetry';
import { drain } from '#api-server';
import { controlFrame, dataFrame, FrameReader, FrameType, flagFin, type SpdyFrame, words } from './frames.ts';
import { HeaderBlocks } from './header-blocks.ts';

const maxControlBytes = 64 * 1024;
/** A client that takes nothing gets no further replies: what is written for it waits in memory. */
const maxUnsentBytes = 1 << 20;
const maxStreams = 4096;
const cancel = 5;

/** One stream that the client opened. Its two directions end apart, as those of a TCP connection. */
export class SpdyStream extends Duplex {
  /** The client has said that nothing more comes. */
  inputEnded = false;

  constructor(
    readonly id: number,
    readonly headers: ReadonlyMap<string, string>,
    private readonly connection: SpdyConnection,
  ) {
    super({ allowHalfOpen: true });
  }

  /** What the client sends, or its last word, in order. False: wait for `_read`. */
  received(data: Buffer, last: boolean): boolean {
    if (this.inputEnded || this.destroyed) return true;
    const room = data.length === 0 || this.push(Buffer.from(data)); // a slice would keep all that came with it
    if (last) {
      this.inputEnded = true;
      this.push(null);
    }
    return room;
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
  private readonly reader = new FrameReader(maxControlBytes);
  private readonly waiting = new Map<SpdyStream, () => void>();
  private lastStreamId = 0;

  constructor(
    private readonly socket: Duplex,
    private readonly accept: (stream: SpdyStream) => void,
    private readonly logger: Logger,
  ) {}

  /** Serves until either side closes. `head` is what came with the request. Never rejects for what the peer did; the connection then ends. */
  async run(head: Buffer): Promise<void> {
    this.socket.on('error', () => undefined); // its end, which `close` tells
    this.socket.once('close', () => {
      for (const stream of this.waiting.keys()) this.wanted(stream);
    });
    try {
      if (head.length) await this.receive(head);
      for await (const chunk of this.socket) await this.receive(chunk as Buffer);
    } catch (err) {
      // A broken connection or a peer that speaks something else: it ends, and with it its streams.
      this.logger.debug({ err }, 'a SPDY connection broke');
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
      if (this.socket.writableLength > maxUnsentBytes) await drain(this.socket);
    }
  }

  private async control(type: number, { body, flags }: SpdyFrame): Promise<void> {
    if (type === FrameType.synStream) {
      await this.open(body.readUInt32BE(0) & 0x7fffffff, body.subarray(10), flags);
    } else if (type === FrameType.headers) {
      await this.headers.decode(body.subarray(4)); // keeps the shared compression state in step
    } else if (type === FrameType.rstStream) {
      this.streams.get(body.readUInt32BE(0) & 0x7fffffff)?.destroy();
    } else if (type === FrameType.ping) {
      this.socket.write(controlFrame(FrameType.ping, 0, words(body.readUInt32BE(0))));
    } else if (type === FrameType.goAway) {
      // The client opens no more streams; it closes the connection when it has what it waits for.
    }
  }

  private async open(id: number, block: Buffer, flags: number): Promise<void> {
    const headers = await this.headers.decode(block);
    // SPDY/3.1 draft, section 2.3.2: a client's ids are odd and go up; anything else is an error of the session.
    if (id % 2 === 0 || id <= this.lastStreamId) throw new Error(`stream ${id} cannot be opened after ${this.lastStreamId}`);
    this.lastStreamId = id;
    if (this.streams.size >= maxStreams) return this.reset(id);
    const stream = new SpdyStream(id, headers, this);
    stream.on('error', () => stream.destroy());
    this.streams.set(id, stream);
    // The reply comes before any data of ours; client-go waits for it.
    const reply = await this.headers.encode(new Map());
    this.socket.write(controlFrame(FrameType.synReply, 0, Buffer.concat([words(id), reply])));
    if (flags & flagFin) stream.received(Buffer.alloc(0), true);
    this.accept(stream);
  }

  private async data({ streamId, flags, body }: Extract<SpdyFrame, { control: false }>): Promise<void> {
    const stream = this.streams.get(streamId);
    if (!stream || stream.received(body, Boolean(flags & flagFin)) || stream.destroyed || this.socket.destroyed) return;
    await new Promise<void>((resume) => this.waiting.set(stream, resume));
  }
}
