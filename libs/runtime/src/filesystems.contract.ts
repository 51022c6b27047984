import type { Digest } from '#base';
import type { BuiltLayer } from './building.contract.ts';
import type { Mount } from './containers.contract.ts';

/** The files of containers, whether they run or not. Who starts, ends or removes one meanwhile is the caller's to keep away. */
export interface ContainerFilesystems {
  /**
   * What it has written over its image's files, with its volumes and binds in their places. File systems that live with its processes (proc,
   * sysfs, tmpfs) are not there, as in Docker; and so nothing that a container could make to hold up who reads.
   */
  open(container: ContainerFilesystem): Promise<RootFiles>;
  /** The image's files and what the container wrote, and nothing that is mounted over them. */
  openLayers(container: ContainerFilesystem): Promise<RootFiles>;
  /** What the container has changed of its image, by path; places that the runtime has made for its own mounts are no changes. */
  changes(container: ContainerFilesystem): Promise<FileChange[]>;
  /** The same as a layer. undefined when there is no change. */
  commitLayer(container: ContainerFilesystem): Promise<BuiltLayer | undefined>;
}

export interface ContainerFilesystem {
  id: string;
  /** Of its image, bottom first. */
  diffIds: readonly Digest[];
  /** `ContainerSpec.keepLayer`. */
  keepLayer: boolean;
  /** Its layer is mounted for it, and stays so while it is looked at, or one looks at what it was. */
  running: boolean;
  mounts: readonly Mount[];
}

export interface FileChange {
  path: string;
  kind: 'modified' | 'added' | 'deleted';
}

/**
 * A root directory and what is below it. Links, absolute ones and `..` too, are followed as a process does whose root it is, and never
 * lead out, whatever changes them meanwhile. What is not there throws ENOENT, as Node's own calls do.
 */
export interface RootFiles {
  /** Of the path itself: a link at its end is not followed. */
  stat(path: string): PathStat;
  /** Where a path leads, all of its links followed; parts that are not there stay as they are. */
  resolve(path: string): string;
  /**
   * A file, or a directory with all that is below it, as a tar archive whose first entry is called `name`; without a name what is in the
   * directory. What cannot be read, or goes
   * away meanwhile, is left out.
   */
  archive(path: string, name?: string): AsyncGenerator<Buffer>;
  /** Lays a (packed) archive out in a directory. What came before a failure stays. */
  extract(directory: string, archive: AsyncIterable<Buffer>, options?: ExtractOptions): Promise<void>;
  /** Numbers of a user as `USER` names it, from the files here. Throws 'start-failed' for a name that is not in them. */
  userOf(name: string): { uid: number; gid: number };
  close(): Promise<void>;
}

export interface PathStat {
  type: 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket';
  /** Permission bits, with set-user-ID, set-group-ID and sticky. */
  mode: number;
  sizeBytes: number;
  mtimeNs: bigint;
}

export interface ExtractOptions {
  /** A directory stays one, and so does what is none. */
  keepKinds?: boolean;
  /** Instead of the numbers in the archive. */
  owner?: { uid: number; gid: number };
}
