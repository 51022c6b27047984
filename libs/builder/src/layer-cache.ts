import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

  /** undefined: not built yet, or its layer is gone. `hold`, before it is looked for, keeps it from going afterwards. */
  async get(key: string, hold: (layer: BuiltLayer) => Promise<void>): Promise<CacheEntry | undefined> {
    let entry: CacheEntry;
    try {
      entry = JSON.parse(await readFile(this.file(key), 'utf8')) as CacheEntry;
    } catch (err) {
      // A machine that went down may have left half of it: it is a cache, and nothing is made durable.
      if ((err as NodeJS.ErrnoException).code === 'ENOENT' || err instanceof SyntaxError) return undefined;
      throw err;
    }
    if (entry.layer === null) return entry;
    await hold(entry.layer);
    return (await this.building.hasLayer(entry.layer)) ? entry : undefined;
  }

  /** `layer` undefined: the step changed nothing, which is worth knowing too. Replaces what was there, as a whole. */
  async put(key: string, layer: BuiltLayer | undefined): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const temporary = `${this.file(key)}.${process.pid}.${sequence++}.tmp`;
    await writeFile(temporary, JSON.stringify({ layer: layer ?? null } satisfies CacheEntry), { mode: 0o600 });
    await rename(temporary, this.file(key));
  }

  private file(key: string): string {
    return join(this.root, `${key}.json`);
  }
}

let sequence = 0;
