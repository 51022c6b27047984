import { nameBytes } from '#base';
import { bad } from './tar-header.ts';

/** Seconds since the epoch, and the nanoseconds of their fraction where it is known so closely. */
export interface FileTime {
  mtime: number;
  mtimeNanos?: number;
}

/** What a layer has put at a path. `implied`: a directory that no entry named, made because something lies in it. */
export type LayerNode =
  | { type: 'directory'; children: Map<string, LayerNode>; implied: boolean; opaque: boolean; changed?: FileTime }
  | { type: 'symlink'; target: string }
  | { type: 'whiteout' }
  /** A hard link to a file that a layer below has; nothing of it is in this layer's directory. */
  | { type: 'below'; target: string }
  | { type: 'other' };

export type LayerDirectory = Extract<LayerNode, { type: 'directory' }>;

/** A directory of the layer, where it is relative to the layer's root. */
export interface Place {
  node: LayerDirectory;
  path: string;
}

/** A hard link of a layer, and the file of the layers below that it is another name of. */
export interface LinkBelow {
  path: string;
  target: string;
}

/** As many as Linux follows before ELOOP. */
const linkLimit = 40;
const pathLimitBytes = 4096;

/**
 * What has been unpacked of one layer so far, in memory. Paths are resolved here and not in the file system: nobody else writes to the
 * directory, so what this tree says is what is there, and no link can lead anywhere that it does not know.
 */
export class LayerTree {
  readonly root: LayerDirectory = { type: 'directory', children: new Map(), implied: true, opaque: false };

  /** Components of an entry's path. Throws 'bad-image' for absolute paths, `..` and what no file system can hold. */
  static split(path: string): string[] {
    if (path.startsWith('/')) throw bad(`path '${path}' is absolute`);
    if (path.includes('\0')) throw bad('a path contains a NUL');
    if (nameBytes(path) > pathLimitBytes) throw bad('a path is longer than 4096 bytes');
    const parts = meaningful(path);
    if (parts.includes('..')) throw bad(`path '${path}' leads out of the layer`);
    if (parts.some((part) => nameBytes(part) > 255)) throw bad('a file name is longer than 255 bytes');
    return parts;
  }

  /**
   * The directory at `parts`, following links of the layer as a process would whose root is the layer, making what is missing through
   * `make`. Throws 'bad-image' when the way leads out of the layer or through something that is no directory.
   */
  directory(parts: readonly string[], make: (path: string) => void): Place {
    return this.walk(parts, make)!;
  }

  /** Without `make`: undefined when something is missing. */
  private walk(parts: readonly string[], make?: (path: string) => void): Place | undefined {
    const way: { name: string; node: LayerDirectory }[] = [];
    const todo = [...parts].reverse();
    let links = 0;
    while (todo.length > 0) {
      const name = todo.pop()!;
      if (name === '..') {
        if (way.length === 0) throw bad(`'${parts.join('/')}' leads out of the layer through a link`);
        way.pop();
        continue;
      }
      const here = way.at(-1)?.node ?? this.root;
      const found = here.children.get(name);
      if (found?.type === 'directory') {
        way.push({ name, node: found });
      } else if (found?.type === 'symlink') {
        if (++links > linkLimit) throw bad(`'${parts.join('/')}' goes through too many links`);
        if (found.target.startsWith('/')) way.length = 0;
        todo.push(...meaningful(found.target).reverse());
      } else if (found?.type === 'other' || found?.type === 'below') {
        throw bad(`'${parts.join('/')}' lies in something that is no directory`);
      } else {
        if (!make) return undefined;
        // A whiteout here deletes what the layers below have; what this layer puts in its place hides them as well.
        const node: LayerDirectory = { type: 'directory', children: new Map(), implied: true, opaque: found?.type === 'whiteout' };
        here.children.set(name, node);
        way.push({ name, node });
        make(way.map((step) => step.name).join('/'));
      }
    }
    return { node: way.at(-1)?.node ?? this.root, path: way.map((step) => step.name).join('/') };
  }

  /** The node at a path, through links of the layer in all but its last component. */
  lookup(parts: readonly string[]): { node: LayerNode; path: string } | undefined {
    const name = parts.at(-1);
    if (name === undefined) return undefined;
    const parent = this.walk(parts.slice(0, -1));
    if (!parent) return undefined;
    const node = parent.node.children.get(name);
    return node && { node, path: parent.path ? `${parent.path}/${name}` : name };
  }

  /**
   * Where a path leads that the layer has nothing at, for those who know the layers below: links of this layer are followed, those below
   * are not known here. undefined: the layer hides whatever is there.
   */
  below(parts: readonly string[]): string | undefined {
    const way: { name: string; node: LayerDirectory | undefined; opaque: boolean }[] = [];
    const todo = [...parts].reverse();
    for (let links = 0; todo.length > 0; ) {
      const name = todo.pop()!;
      if (name === '..') {
        if (!way.pop()) return undefined;
        continue;
      }
      const { node, opaque } = way.at(-1) ?? { node: this.root, opaque: this.root.opaque };
      const found = node?.children.get(name);
      if (!found) {
        if (opaque) return undefined;
        way.push({ name, node: undefined, opaque });
      } else if (found.type === 'directory') way.push({ name, node: found, opaque: opaque || found.opaque });
      else if (found.type !== 'symlink' || todo.length === 0 || ++links > linkLimit) return undefined;
      else {
        if (found.target.startsWith('/')) way.length = 0;
        todo.push(...meaningful(found.target).reverse());
      }
    }
    return way.map(({ name }) => name).join('/');
  }

  /** Hard links to files of layers below. Throws 'bad-image' for one that this layer would hide from itself. */
  links(): LinkBelow[] {
    const found: LinkBelow[] = [];
    const collect = (path: string, node: LayerDirectory): void => {
      for (const [name, child] of node.children) {
        if (child.type === 'below') found.push({ path: path ? `${path}/${name}` : name, target: child.target });
      }
    };
    collect('', this.root);
    this.visit(collect);
    const hidden = found.find(({ path }) => this.isOpaque(path.split('/').slice(0, -1)));
    if (hidden) throw bad(`hard link '${hidden.path}' to a file of a layer below, in a directory that hides the layers below`);
    return found;
  }

  private isOpaque(parts: readonly string[]): boolean {
    let node: LayerNode | undefined = this.root;
    let opaque = this.root.opaque;
    for (const name of parts) {
      node = node?.type === 'directory' ? node.children.get(name) : undefined;
      opaque ||= node?.type === 'directory' && node.opaque;
    }
    return opaque;
  }

  /** Directories no entry described, deepest last. */
  implied(): string[] {
    const found: string[] = [];
    this.visit((path, node) => {
      if (node.implied) found.push(path);
    });
    return found;
  }

  /** Every directory but the root, parents first. */
  visit(each: (path: string, node: LayerDirectory) => void): void {
    const stack: Place[] = [{ path: '', node: this.root }];
    for (let place = stack.pop(); place; place = stack.pop()) {
      for (const [name, node] of place.node.children) {
        if (node.type !== 'directory') continue;
        const path = place.path ? `${place.path}/${name}` : name;
        each(path, node);
        stack.push({ path, node });
      }
    }
  }
}

function meaningful(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
