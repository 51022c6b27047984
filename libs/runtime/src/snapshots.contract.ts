import type { Digest } from '#base';

/**
 * Writable stacks over images' layers. What there is is on disk and in the mount table, whichever instance made it. A key is a file name
 * of up to 128 characters; others are refused with a RangeError. `snapshotterConformance` holds implementations to it.
 */
export interface Snapshotter {
  /**
   * Mounts the layers of an image, bottom first, with an upper directory of its own at `target`. Idempotent by `key`; one that is mounted
   * elsewhere moves. The upper directory of a key that exists already is kept (a container that is started again sees its files).
   * Throws 'bad-image' when a layer is not here; what a failed mount leaves, `remove` takes.
   */
  mount(key: string, diffIds: readonly Digest[], target: string, options?: SnapshotOptions): Promise<void>;
  /** Unmounts, also what is in use, and keeps the upper directory: `mount` by the same key goes on with it. Idempotent. */
  unmount(key: string): Promise<void>;
  /** Unmounts, also what is in use, and deletes the upper directory. Idempotent. */
  remove(key: string): Promise<void>;
  /** Bytes and inodes on disk of the upper directory; none of a key that is not here. */
  usage(key: string): Promise<{ bytes: number; inodes: number }>;
  /** Keys that exist, in no order. */
  list(): Promise<string[]>;
}

export interface SnapshotOptions {
  readonly?: boolean;
  /** What is written has to outlive a machine that goes down, and unmounting syncs it. */
  durable?: boolean;
}
