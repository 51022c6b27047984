/**
 * Where a registry keeps its bytes: a tree of files. What the files mean is `storage/layout.ts`'s business and nothing of a driver's.
 * `driverConformance` holds implementations to it.
 *
 *  - A path is relative, its parts joined by `/`; '' is the root. A part that is empty, `.` or `..` is refused with a RangeError.
 *  - A folder is there as soon as a file was below it, and until it is removed.
 *  - Where there is nothing, nothing is answered (undefined, none, false), also below a path that is a file. Every other failure is thrown.
 *  - What `put` and `commit` have done outlives a power cut; what `append` has written may not.
 */
export interface StorageDriver {
  /** Before any other call. Idempotent. Throws when nothing can be kept here. */
  open(): Promise<void>;
  stat(path: string): Promise<Stored | undefined>;
  /** What lies directly in a folder, in no order. */
  list(folder: string): Promise<Entry[]>;
  /** A small file as a whole. */
  read(path: string): Promise<Buffer | undefined>;
  /** Hands out bytes of a file, in order and one piece at a time. A piece is the receiver's until its promise resolves; when it rejects, so does this. */
  send(path: string, range: { first: number; last: number }, take: (piece: Buffer) => Promise<void>): Promise<void>;
  /** Where a file is in this machine's file system, for who can send it unseen; a driver without one has no such thing. */
  placeOf?(path: string): string;
  /** A small file that is there whole or not at all, whoever reads meanwhile. Replaces what was there. */
  put(path: string, content: Buffer | string): Promise<void>;
  /** Adds to the end of a file, which it makes. What came before the source failed stays. `seen` is told each piece, in order. */
  append(path: string, source: AsyncIterable<Buffer>, seen?: (piece: Buffer) => void): Promise<void>;
  /** Moves a finished file to its place. Replaces what was there. Throws when there is none. */
  commit(from: string, to: string): Promise<void>;
  /** Sets when it was changed last. True when it was there. */
  touch(path: string, at: Date): Promise<boolean>;
  /**
   * Takes a file that nobody has written, put or touched after `sinceMs`, and answers whether it did. Safe beside all others, also of
   * another process where the driver is for several: what `touch` has answered true for, or `put` has made, stays. For a moment it may
   * look as if it were not there.
   */
  removeUntouched(path: string, sinceMs: number): Promise<boolean>;
  /** A file, or a folder with everything in it. True when it was there. */
  remove(path: string): Promise<boolean>;
}

export interface Stored {
  isFolder: boolean;
  /** Of a file. */
  sizeBytes: number;
  /** Milliseconds since the epoch. */
  changedAtMs: number;
}

export interface Entry {
  name: string;
  isFolder: boolean;
}
