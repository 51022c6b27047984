import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { decodeName, filePath } from '#base';

/** As many as Linux follows before ELOOP. */
const linkLimit = 40;

/**
 * Follows every link of a path as a process would whose root is `root`, and answers the path below `root`. What does not exist is
 * taken as it is written. Nothing may change the tree meanwhile: builds run one step at a time.
 */
export function resolveInRoot(root: string, path: string): string {
  const way: string[] = [];
  const todo = path.split('/').filter(meaningful).reverse();
  for (let links = 0; todo.length > 0; ) {
    const part = todo.pop()!;
    if (part === '..') {
      way.pop();
      continue;
    }
    way.push(part);
    const here = join(root, ...way);
    if (!lstatSync(filePath(here), { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    if (++links > linkLimit) throw new Error(`${path}: too many levels of symbolic links`);
    const target = decodeName(readlinkSync(filePath(here), 'buffer'));
    way.pop();
    if (target.startsWith('/')) way.length = 0;
    todo.push(...target.split('/').filter(meaningful).reverse());
  }
  return way.join('/');
}

function meaningful(part: string): boolean {
  return part !== '' && part !== '.';
}
