import { Duplex } from 'node:stream';
import { ApiError } from '#api';
import { Channel, type NodeStream, statusIn } from '#api-server';

/** A TCP connection on a node, as a Node.js stream: the end of each direction is that of the connection's. */
export class NodeSocket extends Duplex {
  private reading = false;
  private wanted: (() => void) | undefined;

  constructor(private readonly stream: NodeStream) {
    super({ allowHalfOpen: true });
  }

  // net.Socket's, which node:http calls on what it is given.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    this.wanted?.();
    this.wanted = undefined;
    if (this.reading) return;
    this.reading = true;
    this.pump().then(
      () => this.push(null),
      (err: Error) => this.destroy(err),
    );
  }

  override _write(chunk: Buffer, _encoding: string, written: (error?: Error | null) => void): void {
    if (this.stream.send(Channel.CHANNEL_STDIN, chunk)) written();
    else void this.stream.drained().then(() => written(), written);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.stream.send(Channel.CHANNEL_CLOSE);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.wanted?.();
    this.stream.close();
    done(error);
  }

  private async pump(): Promise<void> {
    for await (const frame of this.stream) {
      const status = statusIn(frame);
      if (status) {
        if (status.status !== 'Success') throw ApiError.fromStatus(status);
        return;
      }
      if (this.destroyed) return;
      if (!this.push(frame.data)) await new Promise<void>((resolve) => (this.wanted = resolve));
    }
  }
}
