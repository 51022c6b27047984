import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Random } from '#base';
import { type BlobDigest, RegistryError } from '../contract.ts';
import { isUploadId, splitDigest } from '../names.ts';
import { Appender } from './appender.ts';
import type { BlobStore } from './blobs.ts';
import { listDirectory, putFile, readText, removeFile, unlessMissing } from './files.ts';
import type { Layout } from './layout.ts';

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
  private readonly running = new Map<string, Running>();
  private readonly busy = new Set<string>();

  constructor(
    private readonly layout: Layout,
    private readonly blobs: BlobStore,
    private readonly io: { clock: Clock; random: Random },
  ) {}

  async begin(repository: string): Promise<UploadSession> {
    const id = this.io.random.uuid();
    await mkdir(this.layout.upload(id), { recursive: true });
    await (await open(this.dataFile(id), 'wx', 0o644)).close();
    await putFile(join(this.layout.upload(id), 'repository'), repository);
    this.running.set(id, { hash: createHash('sha256'), sizeBytes: 0 });
    return { id, repository, sizeBytes: 0 };
  }

  async get(repository: string, id: string): Promise<UploadSession> {
    const unknown = new RegistryError('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { detail: { id } });
    if (!isUploadId(id)) throw unknown;
    const owner = await readText(join(this.layout.upload(id), 'repository'));
    const data = await unlessMissing(stat(this.dataFile(id)));
    if (owner !== repository || !data) throw unknown;
    return { id, repository, sizeBytes: data.size };
  }

  /** Appends a stream. What arrived before a broken connection stays, so the client can go on from there. Returns the new size. */
  async append(session: UploadSession, body: AsyncIterable<Buffer>): Promise<number> {
    return this.exclusively(session.id, async () => {
      const running = this.running.get(session.id);
      const hash = running?.sizeBytes === session.sizeBytes ? running.hash : undefined;
      this.running.delete(session.id);
      const file = await open(this.dataFile(session.id), 'r+');
      const appender = new Appender(file, hash, session.sizeBytes);
      try {
        try {
          for await (const chunk of body) await appender.write(chunk);
        } finally {
          await appender.flush();
        }
        return appender.sizeBytes;
      } finally {
        if (hash) this.running.set(session.id, { hash, sizeBytes: appender.sizeBytes });
        await file.close();
      }
    });
  }

  /** Proves the digest, makes the blob durable and shows it in the session's repository. The session ends, also when the digest is wrong. */
  async commit(session: UploadSession, digest: BlobDigest): Promise<void> {
    await this.exclusively(session.id, async () => {
      const file = await open(this.dataFile(session.id), 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      if ((await this.digestOf(session, digest)) !== digest) {
        await this.drop(session.id);
        throw new RegistryError('DIGEST_INVALID', 'provided digest did not match uploaded content', { detail: { digest } });
      }
      await this.blobs.adopt(this.dataFile(session.id), digest);
      await this.blobs.link(session.repository, digest);
      await this.drop(session.id);
    });
  }

  async cancel(session: UploadSession): Promise<void> {
    await this.exclusively(session.id, () => this.drop(session.id));
  }

  /** Ends sessions (and leftovers of a crash) that nothing was written to for `idleMs`. Returns how many. */
  async expire(idleMs: number): Promise<number> {
    const before = this.io.clock.now().getTime() - idleMs;
    let expired = 0;
    for (const id of await listDirectory(this.layout.uploads)) {
      const file = (await unlessMissing(stat(this.dataFile(id)))) ?? (await unlessMissing(stat(this.layout.upload(id))));
      if (!file || file.mtimeMs > before || this.busy.has(id)) continue;
      await this.drop(id);
      expired++;
    }
    return expired;
  }

  private async digestOf(session: UploadSession, wanted: BlobDigest): Promise<BlobDigest> {
    const { algorithm } = splitDigest(wanted);
    const running = this.running.get(session.id);
    if (algorithm === 'sha256' && running?.sizeBytes === (await stat(this.dataFile(session.id))).size) {
      return `sha256:${running.hash.copy().digest('hex')}`;
    }
    const hash = createHash(algorithm);
    for await (const chunk of createReadStream(this.dataFile(session.id), { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
    return `${algorithm}:${hash.digest('hex')}`;
  }

  private dataFile(id: string): string {
    return join(this.layout.upload(id), 'data');
  }

  private async drop(id: string): Promise<void> {
    this.running.delete(id);
    await removeFile(this.layout.upload(id));
  }

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
