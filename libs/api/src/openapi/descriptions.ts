import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the published definitions say of a type and its fields, by the name of the type. */
export type Descriptions = ReadonlyMap<string, { description?: string; fields: Readonly<Record<string, string>> }>;

export const noDescriptions: Descriptions = new Map();

/**
 * Reads the descriptions that the build took out of the installed client package (`extract/descriptions.ts`). Without them the API
 * works and `kubectl explain` shows fields and types only.
 */
export async function loadDescriptions(path = join(import.meta.dirname, '../../descriptions.json')): Promise<Descriptions> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return noDescriptions;
    throw err;
  }
  return new Map(Object.entries(JSON.parse(text) as Record<string, { description?: string; fields: Record<string, string> }>));
}
