import type { Digest } from '#base';

/** A blob of this store, for another node of the cluster. */
export interface SharedBlob {
  sizeBytes: number;
  /** From an offset on. */
  read(from: number): AsyncIterable<Uint8Array>;
}

/** The other nodes of the cluster, which may have a layer already. */
export interface Neighbours {
  /**
   * A blob's bytes from an offset on, of a node that has it and gives it away; undefined when there is none. May end early or throw, and is not
   * to be believed: whoever reads it proves the digest. Bounded in time where nothing comes.
   */
  blob(digest: Digest, options: { from: number; signal?: AbortSignal }): Promise<AsyncIterable<Buffer> | undefined>;
}
