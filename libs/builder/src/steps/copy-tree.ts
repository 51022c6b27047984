import {
  chmodSync,
  copyFileSync,
  constants,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { IgnoreRules } from '../context/ignore-rules.ts';
import { resolveInRoot } from '../context/rooted-path.ts';
import type { SourceTree } from '../context/source-tree.ts';

export interface CopyRules {
  /** undefined: as in the source (`keepOwners`) or 0:0. */
  owner?: { uid: number; gid: number };
  keepOwners: boolean;
  mode?: number;
  exclude?: IgnoreRules;
  copyAttributes: (from: string, to: string) => void;
}

/** Copies into the file system of a stage, as COPY does. Paths of the destination are the stage's: links never lead outside of `root`. */
export class TreeCopy {
  constructor(
    private readonly root: string,
    private readonly rules: CopyRules,
  ) {}

  /** One source. A directory's content goes into the destination; a file becomes it, or goes into it when it is a directory. */
  copy(tree: SourceTree, source: string, destination: string): void {
    const followed = tree.followed(source);
    const stat = tree.stat(followed);
    if (!stat) throw new Error(`"/${source}": not found`);
    if (stat.isDirectory()) {
      this.copyContent(tree, followed, this.makeDirectories(destination));
      return;
    }
    const target = this.fileTarget(basename(source), destination);
    this.copyEntry(tree, { path: followed, stat }, target);
  }

  /** Content that is no file of a tree: a here-document. */
  write(name: string, destination: string, put: (path: string) => void): void {
    const target = this.fileTarget(name, destination);
    put(target);
    this.describe(target, undefined);
  }

  /** The directory itself, with missing parents, as 0755. Answers its real path. */
  makeDirectories(destination: string): string {
    const parts = resolveInRoot(this.root, destination).split('/').filter(Boolean);
    let path = this.root;
    for (const part of parts) {
      path = join(path, part);
      const present = lstatSync(path, { throwIfNoEntry: false });
      if (present?.isDirectory()) continue;
      if (present) throw new Error(`cannot copy to non-directory: ${path.slice(this.root.length)}`);
      mkdirSync(path, { mode: 0o755 });
      chmodSync(path, 0o755);
      const { uid, gid } = this.rules.owner ?? { uid: 0, gid: 0 };
      lchownSync(path, uid, gid);
    }
    return path;
  }

  private fileTarget(name: string, destination: string): string {
    const resolved = join(this.root, resolveInRoot(this.root, destination));
    const isDirectory = destination.endsWith('/') || lstatSync(resolved, { throwIfNoEntry: false })?.isDirectory() === true;
    if (isDirectory) return join(this.makeDirectories(destination), name);
    const slash = destination.lastIndexOf('/');
    return join(this.makeDirectories(destination.slice(0, slash)), destination.slice(slash + 1));
  }

  private copyContent(tree: SourceTree, source: string, target: string): void {
    for (const name of tree.list(source)) {
      const path = source ? `${source}/${name}` : name;
      const stat = tree.stat(path);
      if (!stat || this.rules.exclude?.ignores(path)) continue;
      if (stat.isDirectory()) this.copyDirectory(tree, { path, stat }, join(target, name));
      else this.copyEntry(tree, { path, stat }, join(target, name));
    }
  }

  private copyDirectory(tree: SourceTree, source: { path: string; stat: Stats }, target: string): void {
    const present = lstatSync(target, { throwIfNoEntry: false });
    if (present && !present.isDirectory()) throw new Error(`cannot copy to non-directory: ${target.slice(this.root.length)}`);
    if (!present) mkdirSync(target, { mode: 0o700 });
    this.copyContent(tree, source.path, target);
    this.describe(target, source.stat, tree.real(source.path));
  }

  private copyEntry(tree: SourceTree, { path, stat }: { path: string; stat: Stats }, target: string): void {
    const present = lstatSync(target, { throwIfNoEntry: false });
    if (present?.isDirectory()) throw new Error(`cannot copy over directory: ${target.slice(this.root.length)}`);
    if (present) rmSync(target);
    const real = tree.real(path);
    if (stat.isSymbolicLink()) symlinkSync(readlinkSync(real), target);
    else if (stat.isFile()) copyFileSync(real, target, constants.COPYFILE_EXCL);
    else if (stat.isSocket())
      return; // means nothing without its process
    else throw new Error(`/${path} is a device or a fifo, which cannot be copied`);
    this.describe(target, stat, real);
  }

  private describe(target: string, stat: Stats | undefined, real?: string): void {
    const { owner, keepOwners, mode } = this.rules;
    const kept = keepOwners && stat ? { uid: stat.uid, gid: stat.gid } : { uid: 0, gid: 0 };
    const { uid, gid } = owner ?? kept;
    lchownSync(target, uid, gid);
    const isLink = stat?.isSymbolicLink() ?? false;
    if (!isLink) chmodSync(target, mode ?? (stat ? stat.mode & 0o7777 : 0o644));
    if (real && !isLink) this.rules.copyAttributes(real, target);
    if (stat) lutimesSync(target, stat.atime, stat.mtime);
  }
}
