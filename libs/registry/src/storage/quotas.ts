import { KeyedLock } from '#base';
import { type BlobDigest, RegistryError } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import type { QuotaSettings } from '../settings/limits.ts';
import { layout } from './layout.ts';
import { digestsUnder, repositoriesUnder } from './lists.ts';

/** Sizes of blobs never change; more are forgotten and looked up again. */
const mostSizes = 200_000;

interface Scope {
  /** What people know it by. */
  name: string;
  repositories: () => Promise<string[]>;
  bytes: number | undefined;
  tags: number | undefined;
}

/**
 * How much repositories and namespaces may hold: distinct blobs that they show and manifests, in bytes, and tags. What is pushed is shown
 * first and counted then: of several pushes at once, also at several replicas, none sees less than there is, so that together they never
 * exceed the quota. What was too much is taken back.
 */
export class Quotas {
  private readonly lock = new KeyedLock();
  private readonly sizes = new Map<BlobDigest, number>();

  constructor(
    private readonly driver: StorageDriver,
    private readonly settings: () => Promise<readonly QuotaSettings[]>,
  ) {}

  /** `show` makes a file, and everything that is counted stays as it is without it. Throws DENIED, 413 for bytes and 403 for tags. */
  async within(repository: string, file: string, show: () => Promise<void>): Promise<void> {
    const scopes = await this.scopesOf(repository);
    if (scopes.length === 0) return show();
    await this.lock.run(scopes[0]!.name, async () => {
      const wasThere = (await this.driver.stat(file)) !== undefined;
      await show();
      if (wasThere) return;
      try {
        for (const scope of scopes) await this.demand(scope);
      } catch (err) {
        await this.driver.remove(file);
        throw err;
      }
    });
  }

  /** The pieces, as long as they fit with what is there. Nobody sends more than they may keep. `sent` have come before. */
  async bounded(
    repository: string,
    pieces: AsyncIterable<Buffer>,
    { sent, announced }: { sent: number; announced: number },
  ): Promise<AsyncIterable<Buffer>> {
    const bounds: { scope: Scope; used: number }[] = [];
    for (const scope of await this.scopesOf(repository))
      if (scope.bytes !== undefined) bounds.push({ scope, used: await this.bytesOf(scope) });
    if (bounds.length === 0) return pieces;
    const demandRoom = (wanted: number): void => {
      for (const { scope, used } of bounds) if (used + wanted > scope.bytes!) throw tooManyBytes(scope, used, wanted);
    };
    demandRoom(sent + announced);
    return counted(pieces, sent, demandRoom);
  }

  private async scopesOf(repository: string): Promise<Scope[]> {
    return (await this.settings()).flatMap(({ namespace, repositories, bytes, tags }): Scope[] => {
      if (namespace === undefined)
        return repositories.some((pattern) => pattern.fits(repository))
          ? [{ name: repository, repositories: async () => [repository], bytes, tags }]
          : [];
      if (repository !== namespace && !repository.startsWith(`${namespace}/`)) return [];
      return [{ name: `${namespace}/**`, repositories: () => repositoriesUnder(this.driver, namespace), bytes, tags }];
    });
  }

  private async demand(scope: Scope): Promise<void> {
    if (scope.bytes !== undefined) {
      const used = await this.bytesOf(scope);
      if (used > scope.bytes) throw tooManyBytes(scope, used, 0);
    }
    if (scope.tags === undefined) return;
    const counts = (await scope.repositories()).map(async (name) => (await this.driver.list(layout.tags(name))).length);
    const tags = (await Promise.all(counts)).reduce((sum, found) => sum + found, 0);
    if (tags > scope.tags)
      throw new RegistryError('DENIED', `quota exceeded: ${scope.name} may have ${scope.tags} tags`, {
        detail: { quota: scope.tags, would: tags },
      });
  }

  private async bytesOf(scope: Scope): Promise<number> {
    const held = new Set<BlobDigest>();
    for (const name of await scope.repositories()) {
      for (const folder of [layout.layers(name), layout.revisions(name)])
        for (const digest of await digestsUnder(this.driver, folder)) held.add(digest);
    }
    let sum = 0;
    for (const digest of held) sum += await this.sizeOf(digest);
    return sum;
  }

  /** A link whose blob is gone holds nothing. */
  private async sizeOf(digest: BlobDigest): Promise<number> {
    const known = this.sizes.get(digest);
    if (known !== undefined) return known;
    const found = (await this.driver.stat(layout.blob(digest)))?.sizeBytes;
    if (found === undefined) return 0;
    if (this.sizes.size >= mostSizes) this.sizes.clear();
    this.sizes.set(digest, found);
    return found;
  }
}

async function* counted(pieces: AsyncIterable<Buffer>, sent: number, demandRoom: (wanted: number) => void): AsyncGenerator<Buffer> {
  let size = sent;
  for await (const piece of pieces) {
    size += piece.length;
    demandRoom(size);
    yield piece;
  }
}

function tooManyBytes({ name, bytes }: Scope, used: number, more: number): RegistryError {
  const message = `quota exceeded: ${name} may hold ${bytes} bytes, and this would make ${used + more}`;
  return new RegistryError('DENIED', message, { status: 413, detail: { quota: bytes, would: used + more } });
}
