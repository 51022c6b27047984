import { open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

/** Big enough that a 100 MB layer is some four hundred reads, small enough for many at once. */
const chunkBytes = 256 * 1024;

/**
 * Sends bytes of a file as the rest of an answer, whose head has been written. Two buffers take turns, one is read into while the kernel
 * takes the other. A stream of the file would make a buffer for each read, which the kernel clears and maps page by page: that is three
 * quarters of the processor time.
 */
export async function sendFile(path: string, response: ServerResponse, { first, last }: { first: number; last: number }): Promise<void> {
  const file = await open(path, 'r');
  try {
    let [next, other] = [0, 0].map(() => Buffer.allocUnsafeSlow(Math.min(chunkBytes, last + 1 - first))) as [Buffer, Buffer];
    let sending = Promise.resolve();
    for (let at = first; at <= last; ) {
      const { bytesRead } = await file.read(next, 0, Math.min(chunkBytes, last + 1 - at), at);
      if (bytesRead === 0) throw new Error(`${path} ends at ${at}`);
      at += bytesRead;
      await sending;
      sending = write(response, next.subarray(0, bytesRead));
      sending.catch(() => undefined); // told to whoever waits for it next
      [next, other] = [other, next];
    }
    await sending;
    response.end();
  } finally {
    await file.close();
  }
}

/** Resolves when the kernel has taken the bytes. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(Object.assign(new Error('the client went away'), { code: 'ECONNRESET' }));
    if (response.destroyed) return gone();
    // A write of an answer that waits for an earlier one on its connection is not told that the connection is gone.
    response.once('close', gone);
    response.write(bytes, (err) => {
      response.off('close', gone);
      if (err) reject(err);
      else resolve();
    });
  });
}
