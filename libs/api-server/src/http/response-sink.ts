import type { ServerResponse } from 'node:http';
import type { HttpSink } from '../contract.ts';

/** A response as what a stream writes to. */
export class ResponseSink implements HttpSink {
  private readonly gone = new AbortController();

  constructor(private readonly response: ServerResponse) {
    if (response.destroyed) this.gone.abort();
    else response.once('close', () => this.gone.abort());
  }

  get signal(): AbortSignal {
    return this.gone.signal;
  }

  get pendingBytes(): number {
    return this.response.writableLength;
  }

  write(chunk: Buffer): boolean {
    if (this.signal.aborted) return false;
    return this.response.write(chunk);
  }

  drained(): Promise<void> {
    if (this.signal.aborted || !this.response.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.response.off('drain', done);
        this.signal.removeEventListener('abort', done);
        resolve();
      };
      this.response.once('drain', done);
      this.signal.addEventListener('abort', done, { once: true });
    });
  }
}
