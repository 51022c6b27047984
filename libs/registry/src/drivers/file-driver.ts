import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Appender } from './appender.ts';
import type { Entry, StorageDriver, Stored } from './contract.ts';
import { partsOf } from './paths.ts';

/** Big enough that a 100 MB layer is some four hundred reads, small enough for many at once. */
const pieceBytes = 256 * 1024;

let sequence = 0;

/** Where files are that are about to be removed. */
const aside = '.aside';

/** Files of a file system. Several processes may share it: whoever serves, and who collects garbage. */
export class FileDriver implements StorageDriver {
  constructor(private readonly root: string) {}

  async open(): Promise<void> {
    await mkdir(this.root, { recursive: true });
    await this.putBack('');
  }

  async stat(path: string): Promise<Stored | undefined> {
    const found = await unlessMissing(stat(this.at(path)));
    return found && { isFolder: found.isDirectory(), sizeBytes: found.size, changedAtMs: found.mtimeMs };
  }

  async list(folder: string): Promise<Entry[]> {
    const entries = (await unlessMissing(readdir(this.at(folder), { withFileTypes: true }))) ?? [];
    return entries.filter(({ name }) => name !== aside).map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  }

  async read(path: string): Promise<Buffer | undefined> {
    return unlessMissing(readFile(this.at(path)));
  }

  /**
   * Two buffers take turns, one is read into while the receiver has the other. A stream of the file would make a buffer for each read,
   * which the kernel clears and maps page by page: that is three quarters of the processor time.
   */
  async send(path: string, { first, last }: { first: number; last: number }, take: (piece: Buffer) => Promise<void>): Promise<void> {
    const file = await open(this.at(path), 'r');
    try {
      let [next, other] = [0, 0].map(() => Buffer.allocUnsafeSlow(Math.min(pieceBytes, last + 1 - first))) as [Buffer, Buffer];
      let taking = Promise.resolve();
      for (let at = first; at <= last; ) {
        const { bytesRead } = await file.read(next, 0, Math.min(pieceBytes, last + 1 - at), at);
        await taking;
        if (bytesRead === 0) throw new Error(`${path} ends at ${at}`);
        at += bytesRead;
        taking = take(next.subarray(0, bytesRead));
        taking.catch(() => undefined); // told to whoever waits for it next
        [next, other] = [other, next];
      }
      await taking;
    } finally {
      await file.close();
    }
  }

  placeOf(path: string): string {
    return this.at(path);
  }

  /** Its temporary name stands in the root: what a crash leaves behind must not look like a tag. */
  async put(path: string, content: Buffer | string): Promise<void> {
    const target = this.at(path);
    await mkdir(dirname(target), { recursive: true });
    const temporary = join(this.root, `.tmp-${process.pid}-${sequence++}`);
    const file = await open(temporary, 'w', 0o644);
    try {
      await file.writeFile(content);
      if (content.length > 0) await file.sync(); // nothing is durable with the folder that it is in
    } finally {
      await file.close();
    }
    await moveDurably(temporary, target);
  }

  async append(path: string, source: AsyncIterable<Buffer>, seen?: (piece: Buffer) => void): Promise<void> {
    const file = await this.openToAppend(path);
    try {
      const appender = new Appender(file, seen, (await file.stat()).size);
      try {
        for await (const piece of source) await appender.write(piece);
      } finally {
        await appender.flush();
      }
    } finally {
      await file.close();
    }
  }

  /** The bytes first, then the name: after a power cut the file is whole or not there. */
  async commit(from: string, to: string): Promise<void> {
    const file = await open(this.at(from), 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await mkdir(dirname(this.at(to)), { recursive: true });
    await moveDurably(this.at(from), this.at(to));
  }

  async touch(path: string, at: Date): Promise<boolean> {
    return (await unlessMissing(utimes(this.at(path), at, at).then(() => true))) ?? false;
  }

  /**
   * rename(2) is the moment of the decision: who touches the file before it is seen in its time, who comes after it finds nothing. A crash
   * in between leaves it aside, from where `open` puts it back.
   */
  async removeUntouched(path: string, sinceMs: number): Promise<boolean> {
    const file = await this.stat(path);
    if (!file || file.isFolder || file.changedAtMs > sinceMs) return false;
    const away = this.at(`${aside}/${path}`);
    await mkdir(dirname(away), { recursive: true });
    if ((await unlessMissing(rename(this.at(path), away).then(() => true))) === undefined) return false;
    const moved = await unlessMissing(stat(away));
    if (!moved) return false; // another process has just opened this store, and put it back
    if (moved.mtimeMs > sinceMs) {
      await this.putBackFile(path);
      return false;
    }
    await rm(away, { force: true });
    return true;
  }

  async remove(path: string): Promise<boolean> {
    if (!(await this.stat(path))) return false;
    await rm(this.at(path), { force: true, recursive: true });
    return true;
  }

  /** What a crash has left aside. */
  private async putBack(folder: string): Promise<void> {
    const entries = (await unlessMissing(readdir(this.at(join(aside, folder)), { withFileTypes: true }))) ?? [];
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await this.putBack(path);
      else await this.putBackFile(path);
    }
  }

  /** Where somebody has put another one meanwhile, that one stays. */
  private async putBackFile(path: string): Promise<void> {
    const away = this.at(`${aside}/${path}`);
    await mkdir(dirname(this.at(path)), { recursive: true });
    await unlessMissing(
      link(away, this.at(path)).catch((err: NodeJS.ErrnoException) => {
        if (err.code !== 'EEXIST') throw err;
      }),
    );
    await rm(away, { force: true });
  }

  private async openToAppend(path: string): Promise<FileHandle> {
    const target = this.at(path);
    const flags = constants.O_RDWR | constants.O_CREAT;
    const file = await unlessMissing(open(target, flags, 0o644));
    if (file) return file;
    await mkdir(dirname(target), { recursive: true });
    return open(target, flags, 0o644);
  }

  private at(path: string): string {
    return join(this.root, ...partsOf(path));
  }
}

/** Makes both the move and the folder durable. The file's own bytes must be synced already. */
async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const directory = await open(dirname(to), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** `undefined` when there is no such file or directory; every other failure is thrown. */
async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw err;
  }
}
