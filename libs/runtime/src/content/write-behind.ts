import type { FileHandle } from 'node:fs/promises';

/** What goes to the thread pool together: a turn through it costs as much as some 100 KiB, and on a busy machine much more. */
const togetherBytes = 1024 * 1024;

/**
 * Appends to a file while the next bytes are being made. Of what it is given nothing may be changed afterwards. A failure is told by a later
 * call.
 */
export class WriteBehind {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private flushing: Promise<void> = Promise.resolve();

  /** `position`: where the first byte goes. */
  constructor(
    private readonly file: FileHandle,
    private position = 0,
  ) {}

  /** Waits when as much as goes together is already on its way. */
  async write(chunk: Buffer): Promise<void> {
    this.pending.push(chunk);
    this.pendingBytes += chunk.length;
    if (this.pendingBytes < togetherBytes) return;
    await this.flushing;
    this.flush();
  }

  /** Everything is in the file after it. */
  async drain(): Promise<void> {
    await this.flushing;
    this.flush();
    await this.flushing;
  }

  private flush(): void {
    const chunks = this.pending;
    const at = this.position;
    this.position += this.pendingBytes;
    [this.pending, this.pendingBytes] = [[], 0];
    this.flushing = this.writeAll(chunks, at);
    this.flushing.catch(() => undefined); // whoever waits for it next is told
  }

  private async writeAll(chunks: Buffer[], from: number): Promise<void> {
    let at = from;
    for (let todo = chunks; todo.length > 0; ) {
      const { bytesWritten } = await this.file.writev(todo, at);
      at += bytesWritten;
      let skip = bytesWritten;
      todo = todo.flatMap((chunk) => {
        const rest = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        return rest.length > 0 ? [rest] : [];
      });
    }
  }
}
