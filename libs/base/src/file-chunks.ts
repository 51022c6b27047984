import { closeSync, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { nextTurn } from './clock.ts';
import { filePath } from './file-name.ts';

const readAsync = promisify(read);

/** Files up to here are read at once: a turn through the thread pool costs more than the read. */
const atOnceBytes = 256 * 1024;
const pieceBytes = 1024 * 1024;

/**
 * The first `sizeBytes` of a file, for those who read many: without a stream for each of them. Others get their turn between two pieces.
 * Throws when the file turns out to be shorter.
 */
export async function* fileChunks(path: string, sizeBytes: number): AsyncGenerator<Buffer> {
  const fd = openSync(filePath(path), 'r');
  try {
    for (let left = sizeBytes; left > 0; ) {
      const piece = Buffer.allocUnsafeSlow(Math.min(left, pieceBytes));
      const length =
        sizeBytes <= atOnceBytes ? readSync(fd, piece) : (await readAsync(fd, piece, 0, piece.length, sizeBytes - left)).bytesRead;
      if (length === 0) throw new Error(`${path} became shorter while it was read`);
      left -= length;
      yield piece.subarray(0, length);
      await nextTurn();
    }
  } finally {
    closeSync(fd);
  }
}
