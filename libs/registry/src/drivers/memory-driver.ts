import type { Clock } from '#base';
import type { Entry, StorageDriver, Stored } from './contract.ts';
import { partsOf } from './paths.ts';

interface Node {
  /** undefined: a folder. */
  bytes: Buffer | undefined;
  changedAtMs: number;
  children: Map<string, Node>;
}

/** Files that live as long as the object: for tests that need a registry and no disk. */
export class MemoryDriver implements StorageDriver {
  private readonly root = this.folder();

  constructor(private readonly clock: Clock) {}

  async open(): Promise<void> {}

  async stat(path: string): Promise<Stored | undefined> {
    const node = this.find(path);
    return node && { isFolder: !node.bytes, sizeBytes: node.bytes?.length ?? 0, changedAtMs: node.changedAtMs };
  }

  async list(folder: string): Promise<Entry[]> {
    return [...(this.find(folder)?.children ?? [])].map(([name, { bytes }]) => ({ name, isFolder: !bytes }));
  }

  /** A copy, as of a file: changing it changes nothing here. */
  async read(path: string): Promise<Buffer | undefined> {
    const bytes = this.find(path)?.bytes;
    return bytes && Buffer.from(bytes);
  }

  async send(path: string, { first, last }: { first: number; last: number }, take: (piece: Buffer) => Promise<void>): Promise<void> {
    const bytes = this.must(path);
    if (last >= bytes.length) throw new Error(`${path} ends at ${bytes.length}`);
    await take(Buffer.from(bytes.subarray(first, last + 1)));
  }

  async put(path: string, content: Buffer | string): Promise<void> {
    this.write(path, Buffer.from(content));
  }

  async append(path: string, source: AsyncIterable<Buffer>, seen?: (piece: Buffer) => void): Promise<void> {
    const pieces = [this.find(path)?.bytes ?? Buffer.alloc(0)];
    try {
      for await (const piece of source) {
        seen?.(piece);
        pieces.push(Buffer.from(piece));
      }
    } finally {
      this.write(path, Buffer.concat(pieces));
    }
  }

  async commit(from: string, to: string): Promise<void> {
    this.write(to, this.must(from));
    await this.remove(from);
  }

  async touch(path: string, at: Date): Promise<boolean> {
    const node = this.find(path);
    if (node) node.changedAtMs = at.getTime();
    return node !== undefined;
  }

  async removeUntouched(path: string, sinceMs: number): Promise<boolean> {
    const node = this.find(path);
    return node?.bytes !== undefined && node.changedAtMs <= sinceMs && this.remove(path);
  }

  async remove(path: string): Promise<boolean> {
    const parts = partsOf(path);
    return this.find(parts.slice(0, -1).join('/'))?.children.delete(parts.at(-1)!) ?? false;
  }

  /** With the folders above it. A path that leads through a file is a defect of the caller. */
  private write(path: string, bytes: Buffer): void {
    let node = this.root;
    for (const name of partsOf(path)) {
      if (node.bytes) throw new Error(`${path}: a file is in the way`);
      const child = node.children.get(name) ?? this.folder();
      node.children.set(name, child);
      node = child;
    }
    if (node.children.size > 0) throw new Error(`${path} is a folder`);
    Object.assign(node, { bytes, changedAtMs: this.clock.now().getTime() });
  }

  private must(path: string): Buffer {
    const bytes = this.find(path)?.bytes;
    if (!bytes) throw new Error(`there is no file ${path}`);
    return bytes;
  }

  private find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of partsOf(path)) node = node?.children.get(name);
    return node;
  }

  private folder(): Node {
    return { bytes: undefined, changedAtMs: this.clock.now().getTime(), children: new Map() };
  }
}
