import type { BlobDigest } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { layout } from '../storage/layout.ts';
import type { Uploads } from '../storage/uploads.ts';

/** Enough that opening the file for each piece does not show, and little enough that readers need not wait long for it. */
const pieceBytes = 1024 * 1024;

export interface BlobToFetch {
  /** Of this registry. */
  repository: string;
  digest: BlobDigest;
  sizeBytes: number;
}

/**
 * A blob on its way in, which any number of clients read while it comes: from the file that it is written to, each at its own pace. What
 * a slow one has not taken waits on the disk.
 */
export class BlobFetch {
  private written = 0;
  private file: string | undefined;
  /** `failed`: as long as it has not, readers wait. */
  private state: 'coming' | 'here' | { failed: unknown } = 'coming';
  private waiting: (() => void)[] = [];
  /** Resolves when the blob is proven and stored. */
  readonly done: Promise<void>;

  constructor(
    private readonly parts: { driver: StorageDriver; uploads: Uploads },
    private readonly blob: BlobToFetch,
    source: AsyncIterable<Buffer>,
    /** Called when nobody new should join, before those who have joined learn how it ended. */
    ended: () => void,
  ) {
    this.done = this.run(source).finally(() => {
      ended();
      this.wake();
    });
    this.done.catch(() => undefined); // told to each reader
  }

  get sizeBytes(): number {
    return this.blob.sizeBytes;
  }

  /** As `StorageDriver.send`, of bytes that may still be coming. Rejects when the rest will not come, or was not what it should be. */
  async send({ first, last }: { first: number; last: number }, take: (piece: Buffer) => Promise<void>): Promise<void> {
    for (let at = first; at <= last; ) {
      if (typeof this.state === 'object') throw this.state.failed;
      // The last byte is given out when the whole is known to be right: who has it all has what was asked for.
      const end = Math.min(last, this.state === 'here' ? last : Math.min(this.written, this.sizeBytes - 1) - 1);
      if (at > end) await new Promise<void>((resolve) => this.waiting.push(resolve));
      else at += await this.sendStored({ first: at, last: end }, take);
    }
  }

  /** How many bytes it was. The file may be moved to its place at any time; whoever has opened it goes on reading. */
  private async sendStored(range: { first: number; last: number }, take: (piece: Buffer) => Promise<void>): Promise<number> {
    const { driver } = this.parts;
    const wanted = range.last + 1 - range.first;
    if (this.state === 'coming' && this.file !== undefined) {
      let taken = 0;
      try {
        await driver.send(this.file, range, (piece) => {
          taken += piece.length;
          return take(piece);
        });
        return wanted;
      } catch (err) {
        if (taken > 0 || (await driver.stat(this.file))) throw err;
      }
    }
    await this.done;
    await driver.send(layout.blob(this.blob.digest), range, take);
    return wanted;
  }

  private async run(source: AsyncIterable<Buffer>): Promise<void> {
    const { uploads } = this.parts;
    const { repository, digest, sizeBytes } = this.blob;
    try {
      let session = await uploads.begin(repository);
      this.file = layout.uploadData(session.id);
      try {
        for await (const pieces of gathered(source)) {
          session = { ...session, sizeBytes: await uploads.append(session, fromList(pieces)) };
          if (session.sizeBytes > sizeBytes) throw new Error(`the upstream sent more than ${sizeBytes} bytes`);
          this.written = session.sizeBytes;
          this.wake();
        }
        await uploads.commit(session, digest);
      } catch (err) {
        await uploads.cancel(session).catch(() => undefined); // ended by a wrong digest, or idle for a day
        throw err;
      }
      this.state = 'here';
    } catch (err) {
      this.state = { failed: err };
      throw err;
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Pieces of the source, together about as long as one write should be. What comes slowly is not waited for longer than one of them. */
async function* gathered(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of source) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < pieceBytes) continue;
    yield pieces;
    [pieces, bytes] = [[], 0];
  }
  if (pieces.length > 0) yield pieces;
}

async function* fromList(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}
