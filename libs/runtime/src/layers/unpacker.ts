import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { filePath, systemReason } from '#base';
import { lsetxattr, makeNode, setTimes, SystemCallError } from '../host/index.ts';
import { type LayerDirectory, type LayerNode, LayerTree, type Place } from './layer-tree.ts';
import { bad, type TarEntry } from './tar-header.ts';
import type { TarSink } from './tar-reader.ts';
import type { UnpackMeter } from './unpack-limits.ts';
import { overlayOpaque, whiteoutOf } from './whiteouts.ts';
import { writeAll, writeWhole } from './write-content.ts';

const createFlags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;

/** Files up to here are written at once: one more turn through the thread pool costs more than the write. */
const atOnceBytes = 256 * 1024;

/** What the kernel says of names, numbers and values that no file can have; all else is for this machine to answer for. */
const archiveFaults = new Set([
  'E2BIG',
  'EEXIST',
  'EINVAL',
  'EISDIR',
  'ELOOP',
  'EMLINK',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'ENXIO',
  'EOVERFLOW',
  'ERANGE',
  'ERR_OUT_OF_RANGE', // Node's own, of numbers that no system call takes
]);

interface OpenFile {
  fd: number;
  path: string;
  entry: TarEntry;
  /** Where the next content goes. */
  position: number;
}

/**
 * Lays a layer's archive out as an overlayfs layer under `root`, an empty directory of ours: whiteouts become devices 0/0 and opaque
 * attributes, and nothing is ever opened through a link. Throws RuntimeError 'bad-image' for archives that are broken or hostile.
 */
export class Unpacker implements TarSink {
  readonly tree = new LayerTree();
  private file: OpenFile | undefined;
  /** The member at hand, for whoever asks what a fault was about. */
  private path = '';

  constructor(
    private readonly root: string,
    private readonly meter: UnpackMeter,
    private readonly umask = process.umask(),
  ) {}

  entry(entry: TarEntry): void {
    this.meter.countEntry();
    this.meter.declare(entry.sizeBytes);
    this.path = entry.path;
    const parts = LayerTree.split(entry.path);
    const name = parts.at(-1);
    if (name === undefined) return this.describeRoot(entry);
    const whiteout = whiteoutOf(name);
    if (whiteout.kind === 'ignore') return;
    const parent = this.tree.directory(parts.slice(0, -1), (path) => this.makeImplied(path));
    if (whiteout.kind === 'opaque') return this.makeOpaque(parent);
    if (whiteout.kind === 'delete') return this.whiteOut(parent, whiteout.name);
    this.place(parent, name, entry);
  }

  /** Large files are written off the event loop, small ones on it. */
  data(chunk: Buffer): void | Promise<void> {
    if (!this.file) return undefined; // content of what is left out
    const { file } = this;
    const at = file.position;
    file.position += chunk.length;
    if (file.entry.sizeBytes <= atOnceBytes) return writeWhole(file.fd, chunk, at);
    return writeAll(file.fd, chunk, at);
  }

  hole(bytes: number): void {
    if (!this.file) return;
    this.file.position += bytes;
    ftruncateSync(this.file.fd, this.file.position);
  }

  entryEnd(): void {
    if (!this.file) return;
    const { fd, path, entry } = this.file;
    this.file = undefined;
    try {
      fchownSync(fd, entry.uid, entry.gid); // also 0:0: in a set-group-ID directory the group is inherited
      // After the owner: changing that takes set-user-ID away.
      if ((entry.mode & ~this.umask & 0o777) !== entry.mode) fchmodSync(fd, entry.mode);
      this.setXattrs(path, entry);
      if (entry.mtimeNanos) setTimes(path, entry);
      else futimesSync(fd, entry.mtime, entry.mtime);
    } finally {
      closeSync(fd);
    }
  }

  /** Times of directories come last: making files in them changes them. */
  finish(): void {
    this.tree.visit((path, node) => {
      if (node.changed) setTimes(join(this.root, path), node.changed);
    });
    if (this.tree.root.changed) setTimes(this.root, this.tree.root.changed);
  }

  /** A fault of the file system that the archive has asked for, as one of the archive: without any path of ours. */
  explained(err: unknown): unknown {
    const code = (err as { code?: unknown } | undefined)?.code;
    return typeof code === 'string' && archiveFaults.has(code) ? bad(`'${this.path}': ${systemReason(err)}`) : err;
  }

  /** Lets go of a file that an interrupted archive left open. */
  abandon(): void {
    if (this.file) closeSync(this.file.fd);
    this.file = undefined;
  }

  private place(parent: Place, name: string, entry: TarEntry): void {
    const path = join(this.root, parent.path, name);
    let present = parent.node.children.get(name);
    // A whiteout of the same name acts on the layers below only; what the layer has there itself hides them too.
    const whitedOut = present?.type === 'whiteout';
    if (present && !(present.type === 'directory' && entry.type === 'directory')) {
      // What comes later replaces what came before, as in every tar program; a link goes away itself, not what it points to.
      if (present.type !== 'below') rmSync(filePath(path), { recursive: true });
      present = undefined;
    }
    if (entry.type === 'directory') return this.placeDirectory(parent, name, { entry, present, opaque: whitedOut });
    if (entry.type === 'hardlink') return this.placeHardLink(parent, name, entry);
    parent.node.children.set(name, entry.type === 'symlink' ? { type: 'symlink', target: entry.linkPath } : { type: 'other' });
    switch (entry.type) {
      case 'file':
        this.file = { fd: openSync(filePath(path), createFlags, entry.mode & 0o777), path, entry, position: 0 };
        return;
      case 'symlink':
        if (entry.linkPath === '' || entry.linkPath.includes('\0')) throw bad(`link '${entry.path}' points nowhere`);
        symlinkSync(filePath(entry.linkPath), filePath(path));
        lchownSync(filePath(path), entry.uid, entry.gid);
        this.setXattrs(path, entry);
        setTimes(path, entry);
        return;
      default:
        return this.placeNode(path, entry);
    }
  }

  private placeDirectory(
    parent: Place,
    name: string,
    { entry, present, opaque }: { entry: TarEntry; present: LayerNode | undefined; opaque: boolean },
  ): void {
    const path = join(this.root, parent.path, name);
    const node: LayerDirectory =
      present?.type === 'directory' ? present : { type: 'directory', children: new Map(), implied: false, opaque };
    if (present !== node) {
      mkdirSync(filePath(path), { mode: entry.mode & 0o777 });
      parent.node.children.set(name, node);
      if (opaque) lsetxattr(path, overlayOpaque, 'y');
    }
    node.implied = false;
    node.changed = entry;
    lchownSync(filePath(path), entry.uid, entry.gid);
    chmodSync(filePath(path), entry.mode); // a directory of ours that was made above: no link
    this.setXattrs(path, entry);
  }

  /** To a file of this layer, or as a note of one of the layers below, which are not known here (snapshots/links-below.ts). */
  private placeHardLink(parent: Place, name: string, entry: TarEntry): void {
    const parts = LayerTree.split(entry.linkPath);
    const found = this.tree.lookup(parts);
    const path = parent.path ? `${parent.path}/${name}` : name;
    if (found && ['other', 'symlink'].includes(found.node.type)) {
      parent.node.children.set(name, found.node);
      linkSync(filePath(join(this.root, found.path)), filePath(join(this.root, path))); // link(2) does not follow
      return;
    }
    const target = found?.node.type === 'below' ? found.node.target : found ? undefined : this.tree.below(parts);
    if (target === undefined || target === '') throw bad(`hard link '${entry.path}' to '${entry.linkPath}', which is no file of the image`);
    parent.node.children.set(name, { type: 'below', target });
  }

  private placeNode(path: string, entry: TarEntry): void {
    const { major, minor } = entry.device;
    if (entry.type === 'character' && major === 0 && minor === 0) throw bad(`'${entry.path}' is a device 0/0, overlayfs's own mark`);
    makeNode(path, entry.type as 'character' | 'block' | 'fifo', entry.mode & 0o777, entry.device);
    lchownSync(filePath(path), entry.uid, entry.gid);
    chmodSync(filePath(path), entry.mode);
    this.setXattrs(path, entry);
    setTimes(path, entry);
  }

  private describeRoot(entry: TarEntry): void {
    if (entry.type !== 'directory') throw bad('its root is no directory');
    lchownSync(this.root, entry.uid, entry.gid);
    chmodSync(this.root, entry.mode);
    this.setXattrs(this.root, entry);
    this.tree.root.implied = false;
    this.tree.root.changed = entry;
  }

  private makeImplied(path: string): void {
    const made = join(this.root, path);
    const parts = path.split('/');
    const node = this.tree.lookup(parts)?.node;
    if (node?.type === 'directory' && node.opaque) rmSync(filePath(made), { force: true });
    mkdirSync(filePath(made), { mode: 0o755 });
    chmodSync(filePath(made), 0o755);
    if (node?.type === 'directory' && node.opaque) lsetxattr(made, overlayOpaque, 'y');
  }

  private makeOpaque({ node, path }: Place): void {
    node.opaque = true;
    if (path !== '') lsetxattr(join(this.root, path), overlayOpaque, 'y');
    else lsetxattr(this.root, overlayOpaque, 'y');
  }

  private whiteOut({ node, path }: Place, name: string): void {
    const present = node.children.get(name);
    const at = join(this.root, path, name);
    if (present?.type === 'directory') {
      present.opaque = true;
      return lsetxattr(at, overlayOpaque, 'y');
    }
    if (present) return; // a file hides what is below it as it is
    node.children.set(name, { type: 'whiteout' });
    makeNode(at, 'character', 0, { major: 0, minor: 0 });
  }

  private setXattrs(path: string, entry: TarEntry): void {
    for (const [name, value] of entry.xattrs) {
      // Overlay would act on these, and an image has no say in how its layers are stacked.
      if (name.startsWith('trusted.') || name.startsWith('user.overlay.')) continue;
      try {
        lsetxattr(path, name, value);
      } catch (err) {
        // A host without SELinux, or a file system without attributes: Docker and containerd go on as well.
        const mayBeAbsent = name !== 'security.capability';
        if (!(err instanceof SystemCallError) || !mayBeAbsent || !['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL'].includes(err.code))
          throw err;
      }
    }
  }
}
