import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { decodeName, fileChunks, filePath } from '#base';
import type { IgnoreRules } from './ignore-rules.ts';
import { resolveInRoot } from './rooted-path.ts';
import { hasWildcard, patternRegExp } from './pattern.ts';

/** Files that COPY and ADD can read: a build context, or the files of a stage. Paths are relative, with `/`, and never lead outside. */
export class SourceTree {
  /** A context is read once, however many steps copy from it; it must not change during the build. */
  private readonly digests = new Map<string, string>();

  constructor(
    readonly root: string,
    private readonly rules?: IgnoreRules,
  ) {}

  /** Some files are left out of it. */
  get isFiltered(): boolean {
    return this.rules !== undefined;
  }

  /** Paths that a source of COPY names, sorted; '' is the root itself. Empty when there is none. `deep`: `**` is any number of directories. */
  match(source: string, { deep = false } = {}): string[] {
    const cleaned = clean(source);
    if (!hasWildcard(cleaned)) return this.stat(cleaned) ? [cleaned] : [];
    const parts = cleaned.split('/');
    let found = [''];
    for (const part of parts) {
      if (deep && part === '**') {
        found = found.flatMap((directory) => this.directoriesFrom(directory));
        continue;
      }
      const pattern = patternRegExp(part);
      found = found.flatMap((directory) =>
        this.list(directory)
          .filter((name) => (hasWildcard(part) ? pattern.test(name) : name === part))
          .map((name) => (directory ? `${directory}/${name}` : name)),
      );
    }
    return [...new Set(found)].sort();
  }

  private directoriesFrom(directory: string): string[] {
    const below = this.list(directory).map((name) => (directory ? `${directory}/${name}` : name));
    return [directory, ...below.filter((path) => this.stat(path)?.isDirectory()).flatMap((path) => this.directoriesFrom(path))];
  }

  /** Of the file itself; links on the way to it are followed inside the tree. undefined: not there, or ignored. */
  stat(path: string): Stats | undefined {
    if (path !== '' && this.rules?.ignores(path)) {
      if (!this.rules.hasExceptions) return undefined;
      const found = lstatSync(filePath(this.real(path)), { throwIfNoEntry: false });
      // A directory may be ignored and have files in it that are not.
      return found?.isDirectory() && this.list(path).length > 0 ? found : undefined;
    }
    return lstatSync(filePath(this.real(path)), { throwIfNoEntry: false });
  }

  /** Names in a directory that are not ignored, sorted. Empty for anything else. */
  list(path: string): string[] {
    const real = this.real(path);
    if (!lstatSync(filePath(real), { throwIfNoEntry: false })?.isDirectory()) return [];
    return readdirSync(filePath(real), { encoding: 'buffer' })
      .map(decodeName)
      .filter((name) => this.stat(path ? `${path}/${name}` : name) !== undefined)
      .sort();
  }

  /** Where a path really is, its last component not followed. */
  real(path: string): string {
    const slash = path.lastIndexOf('/');
    if (path === '') return this.root;
    return join(this.root, resolveInRoot(this.root, path.slice(0, Math.max(0, slash))), path.slice(slash + 1));
  }

  /** The path with every link followed. */
  followed(path: string): string {
    return resolveInRoot(this.root, path);
  }

  /** Digest over everything below a path that a copy of it keeps: names, modes, content, targets, and owners if `withOwners`. */
  async digest(path: string, withOwners: boolean): Promise<string> {
    const known = this.digests.get(`${withOwners} ${path}`);
    if (known) return known;
    const hash = createHash('sha256');
    await this.hashInto(hash, path, { relative: '', withOwners });
    const digest = hash.digest('hex');
    this.digests.set(`${withOwners} ${path}`, digest);
    return digest;
  }

  private async hashInto(
    hash: ReturnType<typeof createHash>,
    path: string,
    { relative, withOwners }: { relative: string; withOwners: boolean },
  ): Promise<void> {
    const real = this.real(path);
    const stat = lstatSync(filePath(real));
    hash.update(JSON.stringify([relative, stat.mode, stat.isDirectory() ? 0 : stat.size, ...(withOwners ? [stat.uid, stat.gid] : [])]));
    if (stat.isSymbolicLink()) hash.update(readlinkSync(filePath(real), 'buffer'));
    if (stat.isFile()) for await (const chunk of fileChunks(real, stat.size)) hash.update(chunk);
    if (!stat.isDirectory()) return;
    for (const name of this.list(path)) {
      await this.hashInto(hash, path ? `${path}/${name}` : name, { relative: `${relative}/${name}`, withOwners });
    }
  }
}

/** Absolute and `..` paths are those of the tree: nothing leads outside. */
export function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
