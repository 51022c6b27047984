import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '#base';
import type { BuiltLayer, ImageBuilding } from '#runtime/building.contract';

/** `layer: null`: the step changed nothing. */
interface CacheEntry {
  layer: BuiltLayer | null;
}

/** Step → layer, on disk: `<root>/<sha256 of everything the step can see>.json`. */
export class LayerCache {
  constructor(
    private readonly root: string,
    private readonly building: ImageBuilding,
  ) {}

  /** `parts` in a fixed order, JSON all through: equal parts give an equal key on every machine. */
  static key(parts: unknown): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  }

  /** undefined: not built yet, or its layer is gone. */
  async get(key: string): Promise<CacheEntry | undefined> {
    let entry: CacheEntry;
    try {
      entry = JSON.parse(await readFile(this.file(key), 'utf8')) as CacheEntry;
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw err;
    }
    return entry.layer === null || (await this.building.hasLayer(entry.layer)) ? entry : undefined;
  }

  /** `layer` undefined: the step changed nothing, which is worth knowing too. Replaces what was there, as a whole. */
  async put(key: string, layer: BuiltLayer | undefined): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.file(key), JSON.stringify({ layer: layer ?? null } satisfies CacheEntry));
  }

  private file(key: string): string {
    return join(this.root, `${key}.json`);
  }
}
