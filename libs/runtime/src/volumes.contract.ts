/** On disk: allocated bytes, and files and directories. */
export interface DiskUsage {
  bytes: number;
  inodes: number;
}

/** What volumes need of the kernel. */
export interface VolumeMounts {
  /** Idempotent: a tmpfs that is there already stays with what is in it. */
  tmpfs(target: string, options: { sizeBytes?: number; mode: number }): void;
  /** Detaches; what is not mounted is no error. */
  unmount(target: string): Promise<void>;
  /** What a file or directory takes, as du(1) counts it; nothing where nothing is. */
  diskUsage(path: string): Promise<DiskUsage>;
  /** Everything mounted at or below a directory, deepest first. */
  mountsBelow(directory: string): string[];
  /**
   * Binds a path inside `root` to `target`, following links only inside `root`, whatever changes them meanwhile. Makes a directory where
   * nothing is. A former bind is replaced: what is bound is what the path leads to now.
   */
  bindWithin(root: string, path: string, target: string): void;
  /** The text of a small file inside `root`, found as `bindWithin` finds it; undefined when there is none. Throws for what is no file. */
  readWithin(root: string, path: string): string | undefined;
  /** Whether a path leads through a link of /proc such as `/proc/1/root`, and so out of what this node sees, or where it may not look. */
  leadsAway(path: string): boolean;
}
