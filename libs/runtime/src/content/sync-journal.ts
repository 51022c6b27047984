import { readFileSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '#base';
import { syncFileSystem } from '../host/index.ts';

/** Of this start of the machine (proc(5), "boot_id"). */
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/**
 * Whether a directory holds what is not on disk yet. Making each blob durable before it is shown costs as long as fetching it does. So it is
 * shown at once, and a mark, which is on disk before, says that what came since then has to be looked at should the machine go down. A
 * process that ends loses nothing: the kernel has it.
 */
export class SyncJournal {
  private isMarked = false;
  private changes = 0;
  /** One write of the mark after the other. */
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly root: string,
    private readonly boot = bootId,
  ) {}

  /** The time (of the file system's clock) since when things may be spoilt, because the machine went down with them; else undefined. */
  async open(): Promise<number | undefined> {
    try {
      const markedBoot = await readFile(this.mark, 'utf8');
      const { ctimeMs } = await stat(this.mark);
      this.isMarked = true; // an older mark says more: it stays until all has been looked at
      if (markedBoot !== this.boot) return ctimeMs;
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
    }
    return undefined;
  }

  /** All that was spoilt has been dealt with: what comes now is of this boot. */
  async recovered(): Promise<void> {
    await writeFileAtomic(this.mark, this.boot);
  }

  /** Before something is shown that may not be on disk. */
  async beforeChange(): Promise<void> {
    this.changes++;
    if (!this.isMarked) {
      this.isMarked = true;
      this.write(() => writeFileAtomic(this.mark, this.boot));
    }
    try {
      await this.writing;
    } catch (err) {
      this.isMarked = false;
      throw err;
    }
  }

  /** What was shown before the call is on disk after it. */
  async sync(): Promise<void> {
    if (!this.isMarked) return;
    const { changes } = this;
    await syncFileSystem(this.root);
    if (changes !== this.changes) return; // the mark stays for what came meanwhile
    this.isMarked = false;
    this.write(() => rm(this.mark, { force: true }));
    await this.writing;
  }

  private write(task: () => Promise<void>): void {
    this.writing = this.writing.catch(() => undefined).then(task); // its failure is its caller's
    this.writing.catch(() => undefined);
  }

  private get mark(): string {
    return join(this.root, 'unsynced');
  }
}
