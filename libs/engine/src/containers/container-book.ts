import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree, writeFileAtomic } from '#base';
import { badParameter, conflict, notFound } from '../errors.ts';
import type { ContainerRecord } from './record.ts';

/** All containers of the engine, by id and name; each has a directory. What `put` has answered for is found again after a crash. */
export class ContainerBook {
  private readonly byId = new Map<string, ContainerRecord>();
  private readonly byName = new Map<string, string>();

  private constructor(readonly root: string) {}

  static async open(root: string): Promise<ContainerBook> {
    const book = new ContainerBook(root);
    await mkdir(root, { recursive: true, mode: 0o711 });
    for (const id of await readdir(root)) {
      const record = await readRecord(join(root, id, 'container.json'));
      if (record) book.index(record);
      else await removeTree(join(root, id)); // nobody was told of it
    }
    return book;
  }

  directory(id: string): string {
    return join(this.root, id);
  }

  /** Oldest first. */
  list(): ContainerRecord[] {
    return [...this.byId.values()].toSorted((a, b) => a.created.localeCompare(b.created));
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  get(id: string): ContainerRecord | undefined {
    return this.byId.get(id);
  }

  /** By id, name, or the beginning of an id that only one has. Throws 404, 400 where several have it. */
  find(reference: string): ContainerRecord {
    const found = this.known(reference);
    if (!found) throw notFound(`No such container: ${reference}`);
    return found;
  }

  /** As `find`, but undefined for one that is not there. */
  known(reference: string): ContainerRecord | undefined {
    const named = this.byName.get(reference.replace(/^\//, ''));
    const exact = this.byId.get(reference) ?? (named === undefined ? undefined : this.byId.get(named));
    if (exact) return exact;
    const begun = /^[0-9a-f]+$/.test(reference) ? [...this.byId.values()].filter(({ id }) => id.startsWith(reference)) : [];
    if (begun.length > 1) throw badParameter(`multiple IDs found with provided prefix: ${reference}`);
    return begun[0];
  }

  /** Takes the name at once, so that of two who want it one is refused. Throws 409. */
  async add(record: ContainerRecord): Promise<void> {
    this.claim(record.name, record.id);
    try {
      await mkdir(this.directory(record.id), { recursive: true, mode: 0o710 });
      await this.write(record);
      this.byId.set(record.id, record);
    } catch (err) {
      this.byName.delete(record.name);
      throw err;
    }
  }

  /** Resolves when it is on disk. */
  async write(record: ContainerRecord): Promise<void> {
    await writeFileAtomic(join(this.directory(record.id), 'container.json'), JSON.stringify(record));
  }

  /** Throws 409 for a name that is taken. */
  async rename(record: ContainerRecord, name: string): Promise<void> {
    this.claim(name, record.id);
    const before = record.name;
    record.name = name;
    try {
      await this.write(record);
    } catch (err) {
      record.name = before;
      this.byName.delete(name);
      throw err;
    }
    this.byName.delete(before);
  }

  async delete(record: ContainerRecord): Promise<void> {
    await removeTree(this.directory(record.id));
    this.byId.delete(record.id);
    this.byName.delete(record.name);
  }

  private claim(name: string, id: string): void {
    const holder = this.byName.get(name);
    if (holder !== undefined)
      throw conflict(
        `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    this.byName.set(name, id);
  }

  private index(record: ContainerRecord): void {
    this.byId.set(record.id, record);
    this.byName.set(record.name, record.id);
  }
}

async function readRecord(path: string): Promise<ContainerRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ContainerRecord;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT' || (err as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw err;
  }
}
