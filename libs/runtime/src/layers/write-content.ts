import { write as writeCallback, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const writeAsync = promisify(writeCallback);

/** Whole, on the event loop: for what is so small that a turn through the thread pool costs more than the write. */
export function writeWhole(fd: number, chunk: Buffer, at: number): void {
  for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done, at + done);
}

/** Whole, off the event loop. */
export async function writeAll(fd: number, chunk: Buffer, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const written = await writeAsync(fd, chunk, done, chunk.length - done, at + done);
    const { bytesWritten } = written as unknown as { bytesWritten: number };
    done += bytesWritten;
  }
}
