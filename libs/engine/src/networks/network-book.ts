import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree, writeFileAtomic } from '#base';
import { badParameter, conflict, notFound } from '../errors.ts';
import { Addresses } from './addresses.ts';
import type { NetworkRecord } from './network-record.ts';

/** All networks, by id and name; each has a directory. What `add` has answered for is found again after a crash. */
export class NetworkBook {
  private readonly byId = new Map<string, NetworkRecord>();
  private readonly pools = new Map<string, Addresses>();

  private constructor(private readonly root: string) {}

  static async open(root: string, predefined: readonly NetworkRecord[]): Promise<NetworkBook> {
    const book = new NetworkBook(root);
    await mkdir(root, { recursive: true, mode: 0o711 });
    for (const network of predefined) await book.index(network);
    for (const id of await readdir(root)) {
      if (book.byId.has(id)) continue;
      const network = await readNetwork(join(root, id, 'network.json'));
      if (network) await book.index(network);
      else await removeTree(join(root, id)); // nobody was told of it
    }
    return book;
  }

  /** Oldest first, those that were there from the beginning before all. */
  list(): NetworkRecord[] {
    return [...this.byId.values()].toSorted((a, b) => a.created.localeCompare(b.created));
  }

  get(id: string): NetworkRecord | undefined {
    return this.byId.get(id);
  }

  named(name: string): NetworkRecord | undefined {
    return this.list().find((network) => network.name === name);
  }

  /** By id, name, or the beginning of an id that only one has. Throws 404, 400 where several have it. */
  find(reference: string): NetworkRecord {
    const exact = this.byId.get(reference) ?? this.named(reference);
    if (exact) return exact;
    const begun = reference === '' ? [] : this.list().filter(({ id }) => id.startsWith(reference));
    if (begun.length > 1) throw badParameter(`network ${reference} is ambiguous (${begun.length} matches found based on ID prefix)`);
    if (begun[0]) return begun[0];
    throw notFound(`network ${reference} not found`);
  }

  addresses(network: NetworkRecord): Addresses {
    return this.pools.get(network.id)!;
  }

  /** Resolves when it is on disk. Throws 409 for a name that is taken. */
  async add(network: NetworkRecord): Promise<void> {
    if (this.named(network.name)) throw conflict(`network with name ${network.name} already exists`);
    this.byId.set(network.id, network); // of two who want the name one is refused
    try {
      await mkdir(join(this.root, network.id), { recursive: true, mode: 0o700 });
      await writeFileAtomic(join(this.root, network.id, 'network.json'), JSON.stringify(network));
      await this.index(network);
    } catch (err) {
      this.byId.delete(network.id);
      throw err;
    }
  }

  async delete({ id }: NetworkRecord): Promise<void> {
    // Without this file it is nobody's, should the rest not come to pass.
    await rm(join(this.root, id, 'network.json'), { force: true });
    await removeTree(join(this.root, id));
    this.byId.delete(id);
    this.pools.delete(id);
  }

  private async index(network: NetworkRecord): Promise<void> {
    this.pools.set(network.id, await Addresses.open(join(this.root, network.id, 'addresses')));
    this.byId.set(network.id, network);
  }
}

async function readNetwork(path: string): Promise<NetworkRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as NetworkRecord;
  } catch (err) {
    if (['ENOENT', 'ENOTDIR'].includes((err as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw err;
  }
}
