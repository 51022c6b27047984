import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  openSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { posix } from 'node:path';
import { filePath } from '#base';
import type { ExtractOptions } from '../filesystems.contract.ts';
import { lsetxattr, makeNode, SystemCallError } from '../host/index.ts';
import type { TarEntry } from '../layers/tar-header.ts';
import type { TarSink } from '../layers/tar-reader.ts';
import { writeAll, writeWhole } from '../layers/write-content.ts';
import { at, directoryIn, isMissing, makeIfMissing, pinDirectory, pinEntry, removeEntry, statEntry, textAt, within } from './handles.ts';

const createFlags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
const atOnceBytes = 64 * 1024;

interface Place {
  /** An open directory. */
  directory: number;
  name: string;
  /** As people know it: from the root. */
  path: string;
}

/**
 * Lays an archive out below a directory of a root in which others may be at work. Each entry's directory is found from the root anew, links
 * followed inside it, and held open while the entry is made; nothing is opened, changed or removed through a link. Errors are Docker's.
 */
export class TreeExtractor implements TarSink {
  private file: { fd: number; place: Place; entry: TarEntry; position: number } | undefined;
  private parent: { path: string; fd: number } | undefined;
  private readonly directories: { path: string; mtime: number }[] = [];

  constructor(
    private readonly root: string,
    private readonly directory: string,
    private readonly options: ExtractOptions,
  ) {}

  entry(entry: TarEntry): void {
    const name = posix.normalize(entry.path).replace(/(?<=.)\/+$/, '');
    if (name === '.' || name === '/') return; // the place itself stays as it is
    const path = posix.join(this.directory, name);
    if (name === '..' || name.startsWith('../')) throw new Error(`${JSON.stringify(path)} is outside of ${JSON.stringify(this.directory)}`);
    const place: Place = { directory: this.parentOf(path), name: posix.basename(path), path };
    this.makeRoom(place, entry);
    switch (entry.type) {
      case 'directory':
        this.makeDirectory(place, entry);
        break;
      case 'file':
        this.file = { fd: openSync(at(place.directory, place.name), createFlags, entry.mode & 0o777), place, entry, position: 0 };
        break;
      case 'symlink':
        symlinkSync(filePath(entry.linkPath), at(place.directory, place.name));
        this.describe(place, entry);
        break;
      case 'hardlink':
        this.makeHardLink(place, entry);
        break;
      default:
        makeNode(textAt(place.directory, place.name), entry.type, entry.mode & 0o777, entry.device);
        this.describe(place, entry);
    }
  }

  /** Large files are written off the event loop, small ones on it. */
  data(chunk: Buffer): void | Promise<void> {
    if (!this.file) return undefined;
    const { fd, entry, position } = this.file;
    this.file.position += chunk.length;
    if (entry.sizeBytes > atOnceBytes) return writeAll(fd, chunk, position);
    writeWhole(fd, chunk, position);
  }

  hole(bytes: number): void {
    if (!this.file) return;
    this.file.position += bytes;
    ftruncateSync(this.file.fd, this.file.position);
  }

  entryEnd(): void {
    if (!this.file) return;
    const { fd, place, entry } = this.file;
    this.file = undefined;
    closeSync(fd);
    this.describe(place, entry);
  }

  /** Times of directories come last: making files in them changes them. */
  finish(): void {
    for (const { path, mtime } of this.directories.toReversed()) {
      try {
        within(pinDirectory(this.root, path), (fd) => utimesSync(`/proc/self/fd/${fd}`, mtime, mtime));
      } catch (err) {
        if (!isMissing(err)) throw err;
      }
    }
  }

  close(): void {
    if (this.file) closeSync(this.file.fd);
    if (this.parent) closeSync(this.parent.fd);
    this.file = this.parent = undefined;
  }

  /** What is in the way goes, unless its kind has to stay; directories are merged. */
  private makeRoom({ directory, name, path }: Place, entry: TarEntry): void {
    const present = statEntry(directory, name);
    if (!present) return;
    const [isDirectory, wantsDirectory] = [present.isDirectory(), entry.type === 'directory'];
    if (isDirectory && wantsDirectory) return;
    const [what, where] = [JSON.stringify(path), JSON.stringify(this.directory)];
    if (this.options.keepKinds && isDirectory) throw new Error(`cannot overwrite directory ${what} with non-directory ${where}`);
    if (this.options.keepKinds && wantsDirectory) throw new Error(`cannot overwrite non-directory ${what} with directory ${where}`);
    try {
      removeEntry(directory, name);
    } catch (err) {
      // Something is mounted there.
      if ((err as NodeJS.ErrnoException).code === 'EBUSY') throw new Error(`unlinkat ${path}: device or resource busy`, { cause: err });
      throw err;
    }
  }

  private makeDirectory(place: Place, entry: TarEntry): void {
    makeIfMissing(place.directory, place.name, entry.mode & 0o777);
    this.describe(place, entry);
    this.directories.push({ path: place.path, mtime: entry.mtime });
  }

  private makeHardLink(place: Place, entry: TarEntry): void {
    const target = posix.normalize(entry.linkPath);
    if (target === '..' || target.startsWith('../'))
      throw new Error(`invalid hardlink ${JSON.stringify(place.path)} -> ${JSON.stringify(entry.linkPath)}`);
    const path = posix.join(this.directory, target);
    within(pinDirectory(this.root, posix.dirname(path)), (parent) => {
      linkSync(at(parent, posix.basename(path)), at(place.directory, place.name)); // link(2) does not follow
    });
  }

  /** By a handle of the entry, so that what is described is what was made, or at least lies where it was made. */
  private describe({ directory, name }: Place, entry: TarEntry): void {
    within(pinEntry(directory, name), (fd) => {
      const self = `/proc/self/fd/${fd}`;
      const { uid, gid } = this.options.owner ?? entry;
      chownSync(self, uid, gid);
      const isLink = fstatSync(fd).isSymbolicLink();
      // After the owner: changing that takes set-user-ID away.
      if (!isLink) chmodSync(self, entry.mode);
      setXattrs(textAt(directory, name), entry);
      if (isLink) lutimesSync(at(directory, name), entry.mtime, entry.mtime);
      else utimesSync(self, entry.mtime, entry.mtime);
    });
  }

  /** Held until an entry of another directory comes: most archives go directory by directory. */
  private parentOf(path: string): number {
    const parent = posix.dirname(path);
    if (this.parent?.path === parent) return this.parent.fd;
    const fd = directoryIn(this.root, parent);
    if (this.parent) closeSync(this.parent.fd);
    this.parent = { path: parent, fd };
    return fd;
  }
}

function setXattrs(path: string, entry: TarEntry): void {
  for (const [name, value] of entry.xattrs) {
    // What overlay would act on is not for an archive to say.
    if (name.startsWith('trusted.') || name.startsWith('user.overlay.')) continue;
    try {
      lsetxattr(path, name, value);
    } catch (err) {
      if (!(err instanceof SystemCallError) || !['ENOTSUP', 'EOPNOTSUPP', 'EPERM'].includes(err.code)) throw err;
    }
  }
}
