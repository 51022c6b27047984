import type { FileHandle } from 'node:fs/promises';

/** A socket gives 64 KiB at a time; so many of them make one turn through the thread pool worth its while. */
const batchBytes = 1024 * 1024;

/** Appends chunks to a file in large writes, one of them under way while the next is collected and looked at. */
export class Appender {
  private batch: Buffer[] = [];
  private batched = 0;
  private writing: Promise<void> = Promise.resolve();

  /** `sizeBytes`: where in the file to go on. */
  constructor(
    private readonly file: FileHandle,
    private readonly seen: ((chunk: Buffer) => void) | undefined,
    private sizeBytes: number,
  ) {}

  /** One call at a time. Rejects with the failure of an earlier write; the chunk belongs to the appender until `flush`. */
  async write(chunk: Buffer): Promise<void> {
    this.batch.push(chunk);
    this.batched += chunk.length;
    this.sizeBytes += chunk.length;
    this.seen?.(chunk);
    if (this.batched >= batchBytes) await this.next();
  }

  /** Everything taken is in the file. */
  async flush(): Promise<void> {
    await this.next();
    await this.writing;
  }

  private async next(): Promise<void> {
    const { batch, batched, sizeBytes } = this;
    this.batch = [];
    this.batched = 0;
    await this.writing;
    this.writing = writeAll(this.file, batch, { from: sizeBytes - batched, bytes: batched });
    this.writing.catch(() => undefined); // told to whoever waits for it next
  }
}

async function writeAll(file: FileHandle, batch: readonly Buffer[], { from, bytes }: { from: number; bytes: number }): Promise<void> {
  if (bytes === 0) return;
  let { bytesWritten: done } = await file.writev(batch, from);
  if (done === bytes) return;
  // A short write: a full disk says so with the next one.
  const rest = Buffer.concat(batch);
  while (done < bytes) done += (await file.write(rest, done, bytes - done, from + done)).bytesWritten;
}
