import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base';
import type { BuiltLayer, ImageBuilding } from '#runtime/building.contract';

/** `layer: null`: the step changed nothing. */
export interface CacheEntry {
  layer: BuiltLayer | null;
  /** For people: the instruction. */
  text?: string;
}

/** Step → layer, on disk: `<root>/<sha256 of everything the step can see>.json`. */
export class LayerCache {
  constructor(
    private readonly root: string,
    private readonly building: ImageBuilding,
    private readonly clock: Clock,
  ) {}

  /** `parts` in a fixed order, JSON all through: equal parts give an equal key on every machine. */
  static key(parts: unknown): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  }

  /** undefined: not built yet, or its layer is gone. `hold`, before it is looked for, keeps it from going afterwards. */
  async get(key: string, hold: (layer: BuiltLayer) => Promise<void>): Promise<CacheEntry | undefined> {
    let entry: CacheEntry | undefined;
    try {
      entry = readEntry(await readFile(this.file(key), 'utf8'));
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw err;
    }
    if (!entry || entry.layer === null) return entry;
    await hold(entry.layer);
    if (!(await this.building.hasLayer(entry.layer))) return undefined;
    await utimes(this.file(key), this.clock.now(), this.clock.now()).catch(() => undefined); // pruned meanwhile
    return entry;
  }

  /** `layer` undefined: the step changed nothing, which is worth knowing too. Replaces what was there, as a whole. */
  async put(key: string, layer: BuiltLayer | undefined, text?: string): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const temporary = `${this.file(key)}.${process.pid}.${sequence++}.tmp`;
    await writeFile(temporary, JSON.stringify({ layer: layer ?? null, text } satisfies CacheEntry), { mode: 0o600 });
    await rename(temporary, this.file(key));
  }

  private file(key: string): string {
    return join(this.root, `${key}.json`);
  }
}

let sequence = 0;

/** A machine that went down may have left half of it: it is a cache, and nothing is made durable. */
export function readEntry(text: string): CacheEntry | undefined {
  try {
    return JSON.parse(text) as CacheEntry;
  } catch (err) {
    if (err instanceof SyntaxError) return undefined;
    throw err;
  }
}
