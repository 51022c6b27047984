import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const nameBytes = 200;
const levels = 30;

/** Directories within each other, deeper than a path may be long (PATH_MAX, 4096), with a file in the innermost. Made from inside out. */
export function deepDirectory(path: string, content: string | Uint8Array = ''): void {
  mkdirSync(path);
  writeFileSync(join(path, 'innermost'), content);
  for (let level = 0; level < levels; level++) {
    mkdirSync(`${path}.outer`);
    renameSync(path, join(`${path}.outer`, 'd'.repeat(nameBytes)));
    renameSync(`${path}.outer`, path);
  }
}
