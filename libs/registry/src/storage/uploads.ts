import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock, Random } from '#base';
import { type BlobDigest, RegistryError } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { isUploadId, splitDigest } from '../names.ts';
import type { BlobStore } from './blobs.ts';
import { layout } from './layout.ts';

/** As it was when it was looked up: whoever appends goes on with the size that `append` answers. */
export interface UploadSession {
  id: string;
  repository: string;
  sizeBytes: number;
}

/** The hash of the bytes so far, kept while the process lives; after a restart the file is read again. */
interface Running {
  hash: Hash;
  sizeBytes: number;
}

/** Blobs on their way in. A session survives a restart of the registry: its bytes are on disk and the rest is worked out from them. */
export class Uploads {
  /** Sessions whose hash has kept up; one of another size than its file is not used. */
  private readonly running = new Map<string, Running>();
  /** Sessions that a request is writing to: two at once would mix their bytes. */
  private readonly busy = new Set<string>();

  constructor(
    private readonly driver: StorageDriver,
    private readonly blobs: BlobStore,
    private readonly io: { clock: Clock; random: Random },
  ) {}

  /** A session without bytes. Its id is all that a client needs to go on, on another connection as well. */
  async begin(repository: string): Promise<UploadSession> {
    const id = this.io.random.uuid();
    await this.driver.append(layout.uploadData(id), Readable.from([]));
    // Not made durable: of a power cut a client learns that it has to begin again.
    await this.driver.append(layout.uploadRepository(id), Readable.from([Buffer.from(repository)]));
    this.running.set(id, { hash: createHash('sha256'), sizeBytes: 0 });
    return { id, repository, sizeBytes: 0 };
  }

  /** Throws BLOB_UPLOAD_UNKNOWN, also for a session of another repository: who may push to one must not reach into another's. */
  async get(repository: string, id: string): Promise<UploadSession> {
    const unknown = new RegistryError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { detail: { id } });
    if (!isUploadId(id)) throw unknown;
    const owner = await this.driver.read(layout.uploadRepository(id));
    const data = await this.driver.stat(layout.uploadData(id));
    if (owner?.toString() !== repository || !data) throw unknown;
    return { id, repository, sizeBytes: data.sizeBytes };
  }

  /** Appends a stream. What arrived before a broken connection stays, so the client can go on from there. Returns the new size. */
  async append(session: UploadSession, body: AsyncIterable<Buffer>): Promise<number> {
    return this.exclusively(session.id, async () => {
      const running = this.running.get(session.id);
      const hash = running?.sizeBytes === session.sizeBytes ? running.hash : undefined;
      this.running.delete(session.id);
      let { sizeBytes } = session;
      try {
        await this.driver.append(layout.uploadData(session.id), body, (piece) => {
          sizeBytes += piece.length;
          hash?.update(piece);
        });
        return sizeBytes;
      } finally {
        if (hash) this.running.set(session.id, { hash, sizeBytes });
      }
    });
  }

  /** Proves the digest, makes the blob durable and shows it in the session's repository. The session ends, also when the digest is wrong. */
  async commit(session: UploadSession, digest: BlobDigest): Promise<void> {
    await this.exclusively(session.id, async () => {
      if ((await this.digestOf(session, digest)) !== digest) {
        await this.drop(session.id);
        throw new RegistryError('DIGEST_INVALID', 'provided digest did not match uploaded content', { detail: { digest } });
      }
      await this.blobs.adopt(layout.uploadData(session.id), digest);
      await this.blobs.link(session.repository, digest);
      await this.drop(session.id);
    });
  }

  /** Ends the session with its bytes. Throws BLOB_UPLOAD_INVALID (409) while another request writes to it. */
  async cancel(session: UploadSession): Promise<void> {
    await this.exclusively(session.id, () => this.drop(session.id));
  }

  /** Ends sessions (and leftovers of a crash) that nothing was written to for `idleMs`. Returns how many. */
  async expire(idleMs: number): Promise<number> {
    const before = this.io.clock.now().getTime() - idleMs;
    let expired = 0;
    for (const { name: id } of await this.driver.list(layout.uploads)) {
      const file = (await this.driver.stat(layout.uploadData(id))) ?? (await this.driver.stat(layout.upload(id)));
      if (!file || file.changedAtMs > before || this.busy.has(id)) continue;
      await this.drop(id);
      expired++;
    }
    return expired;
  }

  private async digestOf(session: UploadSession, wanted: BlobDigest): Promise<BlobDigest> {
    const { algorithm } = splitDigest(wanted);
    const running = this.running.get(session.id);
    const data = layout.uploadData(session.id);
    const sizeBytes = (await this.driver.stat(data))?.sizeBytes ?? 0;
    if (algorithm === 'sha256' && running?.sizeBytes === sizeBytes) {
      return `sha256:${running.hash.copy().digest('hex')}`;
    }
    const hash = createHash(algorithm);
    await this.driver.send(data, { first: 0, last: sizeBytes - 1 }, async (piece) => void hash.update(piece));
    return `${algorithm}:${hash.digest('hex')}`;
  }

  private async drop(id: string): Promise<void> {
    this.running.delete(id);
    await this.driver.remove(layout.upload(id));
  }

  /** Refuses instead of waiting: a client that sends two chunks at once has lost its place. */
  private async exclusively<T>(id: string, task: () => Promise<T>): Promise<T> {
    if (this.busy.has(id)) {
      throw new RegistryError('BLOB_UPLOAD_INVALID', 'another request is writing to this upload', { status: 409, detail: { id } });
    }
    this.busy.add(id);
    try {
      return await task();
    } finally {
      this.busy.delete(id);
    }
  }
}
