import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Texts that wait on disk, the oldest first, as many as there may be. Of one process. */
export class EventQueue {
  private names: string[] = [];
  private sequence = 0;

  private constructor(
    private readonly folder: string,
    private readonly limit: number,
  ) {}

  /** With what waits since before. */
  static async open(folder: string, limit: number): Promise<EventQueue> {
    const queue = new EventQueue(folder, limit);
    await mkdir(folder, { recursive: true });
    queue.names = (await readdir(folder)).filter((name) => /^\d{12}$/.test(name)).sort();
    queue.sequence = Number(queue.names.at(-1) ?? 0);
    return queue;
  }

  get length(): number {
    return this.names.length;
  }

  /** False when too many wait: it is dropped. Resolves when it outlives the process; `durably`, the machine's power too. */
  async add(content: string, durably: boolean): Promise<boolean> {
    if (this.names.length >= this.limit) return false;
    const name = String(++this.sequence).padStart(12, '0');
    this.names.push(name);
    const path = join(this.folder, name);
    try {
      await writeFile(`${path}.new`, content, { flush: durably });
      await rename(`${path}.new`, path);
    } catch (err) {
      this.names = this.names.filter((other) => other !== name);
      throw err;
    }
    return true;
  }

  /** undefined: nothing waits. What is still being written is waited for by whoever adds it. */
  async first(): Promise<{ name: string; content: string } | undefined> {
    for (const name of this.names) {
      const content = await readFile(join(this.folder, name), 'utf8').catch((err: NodeJS.ErrnoException) => {
        if (err.code !== 'ENOENT') throw err;
        return undefined;
      });
      if (content !== undefined) return { name, content };
    }
    return undefined;
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
    this.names = this.names.filter((other) => other !== name);
  }
}
