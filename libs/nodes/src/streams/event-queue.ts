/** What an event weighs beside its data: a flood of empty ones fills the queue too. */
const eventBytes = 64;

/** Events that come on their own, for a reader that takes them one by one. The source is told when too much waits and when it has gone. */
export class EventQueue<T> implements AsyncIterable<T> {
  private readonly waiting: T[] = [];
  private bytes = 0;
  private ended = false;
  private wake: (() => void) | undefined;
  private full = false;

  constructor(private readonly options: { maxBytes: number; sizeOf(event: T): number; pause(): void; resume(): void }) {}

  push(event: T): void {
    if (this.ended) return;
    this.waiting.push(event);
    this.bytes += eventBytes + this.options.sizeOf(event);
    if (!this.full && this.bytes > this.options.maxBytes) {
      this.full = true;
      this.options.pause();
    }
    this.wake?.();
  }

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const event = this.waiting.shift();
      if (event !== undefined) {
        this.bytes -= eventBytes + this.options.sizeOf(event);
        if (this.full && this.bytes <= this.options.maxBytes / 2) {
          this.full = false;
          this.options.resume();
        }
        yield event;
      } else if (this.ended) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.wake = resolve));
        this.wake = undefined;
      }
    }
  }
}
