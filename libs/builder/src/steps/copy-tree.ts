import {
  chmodSync,
  copyFileSync,
  constants,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { filePath } from '#base';
import type { IgnoreRules } from '../context/ignore-rules.ts';
import { resolveInRoot } from '../context/rooted-path.ts';
import type { SourceTree } from '../context/source-tree.ts';
import type { ModeChange } from './mode.ts';

export interface CopyRules {
  /** undefined: as in the source (`keepOwners`) or 0:0. */
  owner?: { uid: number; gid: number };
  keepOwners: boolean;
  mode?: ModeChange;
  exclude?: IgnoreRules;
  copyAttributes: (from: string, to: string) => void;
}

/** Copies into the file system of a stage, as COPY does. Paths of the destination are the stage's: links never lead outside of `root`. */
export class TreeCopy {
  /** Files with several names, by device and number: where the present source's first one of each has gone. */
  private readonly copied = new Map<string, string>();

  constructor(
    private readonly root: string,
    private readonly rules: CopyRules,
  ) {}

  /** One source. A directory's content goes into the destination; a file becomes it, or goes into it when it is a directory. */
  copy(tree: SourceTree, source: string, destination: string): void {
    this.copied.clear();
    const followed = tree.followed(source);
    const stat = tree.stat(followed);
    if (!stat) throw new Error(`"/${source}": not found`);
    if (stat.isDirectory()) {
      this.copyContent(tree, { path: followed, top: followed }, this.makeDirectories(destination));
      return;
    }
    if (this.rules.exclude?.ignores(basename(source))) return;
    const target = this.fileTarget(basename(source), destination);
    this.copyEntry(tree, { path: followed, stat }, target);
  }

  /**
   * One source with the directories above it, from `base` on: `a/b/c` of the base `a` becomes `b/c` in the destination. Those that are
   * made on the way are as in the source.
   */
  copyWithParents(tree: SourceTree, { source, base }: { source: string; base: string }, destination: string): void {
    this.copied.clear();
    let target = this.makeDirectories(destination);
    const names = source.slice(base.length).split('/').filter(Boolean);
    for (const depth of names.keys()) {
      const path = [base, ...names.slice(0, depth + 1)].filter(Boolean).join('/');
      const stat = tree.stat(path);
      if (!stat) throw new Error(`"/${path}": not found`);
      target = join(target, names[depth]!);
      const isLast = depth === names.length - 1;
      if (!stat.isDirectory()) {
        if (!isLast) throw new Error(`"/${path}": not a directory`);
        if (!this.rules.exclude?.ignores(names.join('/'))) this.copyEntry(tree, { path, stat }, target);
      } else if (isLast) this.copyDirectory(tree, { path, stat, top: base }, target);
      else if (this.makeDirectory(target)) this.describe(target, stat, tree.real(path));
    }
    if (names.length === 0) this.copyContent(tree, { path: base, top: base }, target);
  }

  /** Another name in the destination for a file that is there. */
  link({ path, target }: { path: string; target: string }, destination: string): void {
    const at = (name: string): string => {
      const whole = `${destination}/${name}`;
      return join(this.root, resolveInRoot(this.root, dirname(whole)), basename(whole));
    };
    if (lstatSync(filePath(at(target)), { throwIfNoEntry: false })?.isDirectory() !== false) {
      throw new Error(`hard link '${path}' to '${target}', which is no file of the archive or of the stage`);
    }
    const made = at(path);
    this.makeDirectories(dirname(made).slice(this.root.length));
    this.clear(made);
    linkSync(filePath(at(target)), filePath(made));
  }

  /** Content that is no file of a tree: a here-document. */
  write(name: string, destination: string, put: (path: string) => void): void {
    const target = this.fileTarget(name, destination);
    this.clear(target);
    put(target);
    this.describe(target, undefined);
  }

  /** The directory itself, with missing parents, as 0755. Answers its real path. */
  makeDirectories(destination: string): string {
    const parts = resolveInRoot(this.root, destination).split('/').filter(Boolean);
    let path = this.root;
    for (const part of parts) {
      path = join(path, part);
      const present = lstatSync(filePath(path), { throwIfNoEntry: false });
      if (present?.isDirectory()) continue;
      if (present) throw new Error(`cannot copy to non-directory: ${path.slice(this.root.length)}`);
      mkdirSync(filePath(path), { mode: 0o755 });
      chmodSync(filePath(path), 0o755);
      const { uid, gid } = this.rules.owner ?? { uid: 0, gid: 0 };
      lchownSync(filePath(path), uid, gid);
    }
    return path;
  }

  private fileTarget(name: string, destination: string): string {
    const resolved = join(this.root, resolveInRoot(this.root, destination));
    const isDirectory = destination.endsWith('/') || lstatSync(filePath(resolved), { throwIfNoEntry: false })?.isDirectory() === true;
    if (isDirectory) return join(this.makeDirectories(destination), name);
    // A link at the destination is followed: the file behind it is written, or made.
    return join(this.makeDirectories(relative(this.root, dirname(resolved))), basename(resolved));
  }

  /** `top` is what the patterns of `--exclude` are relative to. */
  private copyContent(tree: SourceTree, { path: source, top }: { path: string; top: string }, target: string): void {
    for (const name of tree.list(source)) {
      const path = source ? `${source}/${name}` : name;
      const stat = tree.stat(path);
      if (!stat || this.rules.exclude?.ignores(top ? path.slice(top.length + 1) : path)) continue;
      if (stat.isDirectory()) this.copyDirectory(tree, { path, stat, top }, join(target, name));
      else this.copyEntry(tree, { path, stat }, join(target, name));
    }
  }

  private copyDirectory(tree: SourceTree, { path, stat, top }: { path: string; stat: Stats; top: string }, target: string): void {
    this.makeDirectory(target);
    this.copyContent(tree, { path, top }, target);
    this.describe(target, stat, tree.real(path));
  }

  /** False when it is there already. */
  private makeDirectory(target: string): boolean {
    const present = lstatSync(filePath(target), { throwIfNoEntry: false });
    if (present && !present.isDirectory()) throw new Error(`cannot copy to non-directory: ${target.slice(this.root.length)}`);
    if (!present) mkdirSync(filePath(target), { mode: 0o700 });
    return !present;
  }

  /** Whatever file or link stands at a place goes: it is never written through. */
  private clear(target: string): void {
    const present = lstatSync(filePath(target), { throwIfNoEntry: false });
    if (present?.isDirectory()) throw new Error(`cannot copy over directory: ${target.slice(this.root.length)}`);
    if (present) rmSync(filePath(target));
  }

  private copyEntry(tree: SourceTree, { path, stat }: { path: string; stat: Stats }, target: string): void {
    this.clear(target);
    const real = tree.real(path);
    if (stat.isSymbolicLink()) symlinkSync(readlinkSync(filePath(real), 'buffer'), filePath(target));
    else if (stat.isFile()) {
      const id = `${stat.dev}:${stat.ino}`;
      const first = stat.nlink > 1 ? this.copied.get(id) : undefined;
      if (first !== undefined) return linkSync(filePath(first), filePath(target));
      if (stat.nlink > 1) this.copied.set(id, target);
      copyFileSync(filePath(real), filePath(target), constants.COPYFILE_EXCL);
    } else if (stat.isSocket()) writeFileSync(filePath(target), '', { flag: 'wx' });
    else throw new Error(`/${path} is a device or a fifo, which cannot be copied`);
    this.describe(target, stat, real);
  }

  /** Owner, mode and times, in this order: changing the owner takes set-user-ID and set-group-ID away (chown(2)). */
  private describe(target: string, stat: Stats | undefined, real?: string): void {
    const { owner, keepOwners, mode } = this.rules;
    const kept = keepOwners && stat ? { uid: stat.uid, gid: stat.gid } : { uid: 0, gid: 0 };
    const { uid, gid } = owner ?? kept;
    lchownSync(filePath(target), uid, gid);
    const isLink = stat?.isSymbolicLink() ?? false;
    const own = stat ? stat.mode & 0o7777 : 0o644;
    if (!isLink) chmodSync(filePath(target), mode ? mode(own, stat?.isDirectory() ?? false) : own);
    if (real && !isLink) this.rules.copyAttributes(real, target);
    if (stat) lutimesSync(filePath(target), stat.atime, stat.mtime);
  }
}
