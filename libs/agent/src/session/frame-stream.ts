import { PassThrough, Readable, Writable } from 'node:stream';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Status } from '#api';
import { guarded } from '#base';
import { nodeSession } from '#proto';

const Channel = nodeSession.StreamFrame_Channel;
type Frame = nodeSession.StreamFrame;

const FRAME_BYTES = 32 * 1024;
/** Sizes of a terminal are 16 bits. */
const MAX_CELLS = 0xffff;

/** One stream to the control plane as input, outputs and terminal sizes. Each side's slowness holds only this stream up. */
export class FrameStream {
  readonly input: Readable;
  /** The last one that was not taken yet: a size that is no longer true interests nobody. */
  private size: { columns: number; rows: number } | undefined;
  private wakeSizes: (() => void) | undefined;
  private readonly gone = new AbortController();
  private ended = false;

  constructor(private readonly call: ClientDuplexStream<Frame, Frame>) {
    const input = new PassThrough();
    this.input = input;
    input.on('drain', () => call.resume());
    input.on('error', () => undefined); // destroyed when the reader goes away
    const receive = (frame: Frame): void => {
      if (frame.channel === Channel.CHANNEL_RESIZE) this.resized(frame);
      else if (frame.channel === Channel.CHANNEL_CLOSE) input.end();
      else if (frame.channel === Channel.CHANNEL_STDIN && input.writable && !input.write(frame.data)) call.pause();
    };
    call.on(
      'data',
      guarded(receive, () => call.cancel()),
    );
    // The other side is done or lost: nothing is read from it, and nothing need be sent.
    const over = (): void => {
      if (!input.writableEnded) input.end();
      this.gone.abort();
      this.wakeSizes?.();
    };
    call.on('end', over);
    call.on('error', over);
  }

  /** Aborts when the other side has gone. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** Standard output; `errors` is standard error. A write is done when there is room for the next. */
  get output(): Writable {
    return this.writable(Channel.CHANNEL_STDOUT);
  }

  get errors(): Writable {
    return this.writable(Channel.CHANNEL_STDERR);
  }

  /** Ends when the stream does. Sizes that follow each other quickly are one. */
  async *resizes(): AsyncGenerator<{ columns: number; rows: number }> {
    for (;;) {
      const { size } = this;
      this.size = undefined;
      if (size) yield size;
      else if (this.gone.signal.aborted || this.ended) return;
      else await new Promise<void>((resolve) => (this.wakeSizes = resolve));
    }
  }

  /** Resolves when there is room for more. */
  async send(channel: number, bytes: Uint8Array): Promise<void> {
    for (let begin = 0; begin < bytes.length; begin += FRAME_BYTES) {
      if (this.gone.signal.aborted) return;
      const data = Buffer.from(bytes.subarray(begin, begin + FRAME_BYTES));
      if (!this.call.write({ channel, data, columns: 0, rows: 0 })) await this.drained();
    }
  }

  /** The last frame is the status, if there is one to tell. */
  end(status?: Status): void {
    if (this.ended) return;
    this.ended = true;
    this.wakeSizes?.();
    if (status && !this.gone.signal.aborted)
      this.call.write({ channel: Channel.CHANNEL_STATUS, data: Buffer.from(JSON.stringify(status)), columns: 0, rows: 0 });
    this.call.end();
    this.input.resume();
  }

  private writable(channel: number): Writable {
    const send = async (chunk: Buffer, done: (err?: Error) => void): Promise<void> => {
      const failure = await this.send(channel, chunk).catch((err: Error) => err);
      done(failure ?? undefined);
    };
    return new Writable({ write: (chunk: Buffer, _encoding, done) => void send(chunk, done) });
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        this.call.off('drain', settle);
        this.gone.signal.removeEventListener('abort', settle);
        resolve();
      };
      this.call.once('drain', settle);
      this.gone.signal.addEventListener('abort', settle, { once: true });
    });
  }

  private resized({ columns, rows }: Frame): void {
    if (columns < 1 || rows < 1 || columns > MAX_CELLS || rows > MAX_CELLS) return;
    this.size = { columns, rows };
    this.wakeSizes?.();
  }
}
