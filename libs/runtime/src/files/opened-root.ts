import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { posix } from 'node:path';
import { resolveUser } from '../containers/container-user.ts';
import type { ExtractOptions, PathStat, RootFiles } from '../filesystems.contract.ts';
import { SystemCallError, readTextInRoot } from '../host/index.ts';
import { unpackAny } from '../layers/any-archive.ts';
import { TarReader } from '../layers/tar-reader.ts';
import { isGone, linkTarget, pin, pinDirectory, typeOf, within } from './handles.ts';
import { TreeArchive } from './tree-archive.ts';
import { TreeExtractor } from './tree-extractor.ts';

/** As many as Linux follows before ELOOP. */
const linkLimit = 40;
const O_PATH = 0o10000000;

/** `RootFiles` of a directory of this machine. It is held open, whatever happens to its name. */
export class OpenedRoot implements RootFiles {
  private readonly fd: number;
  private readonly root: string;

  constructor(
    directory: string,
    private readonly release: () => Promise<void> = async () => undefined,
  ) {
    this.fd = openSync(directory, O_PATH | constants.O_DIRECTORY);
    this.root = `/proc/self/fd/${this.fd}`;
  }

  stat(path: string): PathStat {
    return within(pin(this.root, path), (fd) => {
      const stat = fstatSync(fd, { bigint: true });
      return { type: typeOf(stat), mode: Number(stat.mode & 0o7777n), sizeBytes: Number(stat.size), mtimeNs: stat.mtimeNs };
    });
  }

  resolve(path: string): string {
    const todo = partsOf(path).toReversed();
    let way: string[] = [];
    for (let links = 0; todo.length > 0; ) {
      const name = todo.pop()!;
      if (name === '..') {
        way.pop();
        continue;
      }
      const target = this.linkAt(`/${way.join('/')}`, name);
      if (target === undefined) {
        way.push(name);
        continue;
      }
      if (++links > linkLimit) throw new SystemCallError('readlink', 40, path);
      if (target.startsWith('/')) way = [];
      todo.push(...partsOf(target).toReversed());
    }
    return `/${way.join('/')}`;
  }

  async *archive(path: string, name?: string): AsyncGenerator<Buffer> {
    const archive = new TreeArchive();
    if (this.stat(path).type === 'directory') {
      const fd = pinDirectory(this.root, path);
      try {
        yield* archive.contents(fd, name);
      } finally {
        closeSync(fd);
      }
      return;
    }
    const fd = pinDirectory(this.root, posix.dirname(path));
    try {
      yield* archive.entry(fd, posix.basename(path), name ?? posix.basename(path));
    } finally {
      closeSync(fd);
    }
  }

  async extract(directory: string, archive: AsyncIterable<Buffer>, options: ExtractOptions = {}): Promise<void> {
    const extractor = new TreeExtractor(this.root, directory, options);
    const reader = new TarReader(extractor);
    try {
      for await (const chunk of unpackAny(archive)) await reader.write(chunk);
      reader.end();
      extractor.finish();
    } finally {
      extractor.close();
    }
  }

  userOf(name: string): { uid: number; gid: number } {
    const read = (path: string): string => readTextInRoot(this.root, path) ?? '';
    return resolveUser(name, { passwd: read('/etc/passwd'), group: read('/etc/group') });
  }

  async close(): Promise<void> {
    closeSync(this.fd);
    await this.release();
  }

  /** undefined for what is no link, or not there. */
  private linkAt(directory: string, name: string): string | undefined {
    try {
      return within(pinDirectory(this.root, directory), (fd) => linkTarget(fd, name));
    } catch (err) {
      if (isGone(err)) return undefined;
      throw err;
    }
  }
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');
