import type { Digest } from '#base';

/** Writable stacks over images' layers. */
export interface Snapshotter {
  /**
   * Mounts the layers of an image with an upper directory of its own at `target`. Idempotent by `key`. The upper directory of a key
   * that exists already is kept (a container that is started again sees its files).
   */
  mount(key: string, diffIds: readonly Digest[], target: string, options?: { readonly?: boolean }): Promise<void>;
  /** Unmounts and deletes the upper directory. Idempotent. */
  remove(key: string): Promise<void>;
  /** Bytes and inodes in the upper directory. */
  usage(key: string): Promise<{ bytes: number; inodes: number }>;
  /** Keys that exist on disk, whatever process made them. */
  list(): Promise<string[]>;
}
