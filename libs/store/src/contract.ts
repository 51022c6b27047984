/**
 * The store: a flat map of keys to objects, with one revision for the whole and one log of all changes.
 *
 * Terms
 *  - **key**: `<group>/<resource>/<namespace>/<name>` as `keys.ts` draws it (cluster-scoped kinds have an empty namespace).
 *  - **revision**: a whole number that grows by one with every change of any key. It is `resourceVersion`.
 *  - **log**: every change in order of revision; a bounded window of it is kept. Reading it from N gives each change after N, once.
 *  - **claim**: a name that at most one key holds at a time (a cluster IP, a node port, a pod CIDR). Claims are taken and given up
 *    in the same atomic step as the write that needs them, so several api-servers allocate without a lock.
 *
 * Life cycle of a write: the caller reads (from a watch cache), decides, and writes with the revision that it saw (`expect`). The
 * store compares, writes, bumps the revision and appends to the log in one atomic step, or refuses and changes nothing.
 *
 * Values are opaque JSON text without `resourceVersion`; whoever reads puts the revision in. What must be sealed is sealed before.
 */
export interface Store {
  /**
   * Carries out up to `MAX_BATCH` writes in one call. Answers one outcome per write, in order. A refused write does not refuse its
   * neighbours, and later writes of a batch see the earlier ones. Once answered, a write survives the death of every process.
   * Throws `StoreError` 'unavailable' when it is not known whether the writes happened.
   */
  write(writes: readonly Write[]): Promise<WriteOutcome[]>;
  /** The entry as it is now, which may be newer than what `list` or the log has shown. Undefined when there is none. */
  get(key: string): Promise<Entry | undefined>;
  /** Every entry under a prefix, in key order, and the revision at which that was so. For filling a cache, not for requests. */
  list(prefix: string): Promise<{ entries: Entry[]; revision: number }>;
  /** The newest revision that an answered write may have. */
  revision(): Promise<number>;
  /**
   * Every change after `after`, in order, in batches as they come. Ends when the signal aborts. Throws `StoreError` 'compacted' when
   * the log no longer reaches back to `after`, and 'unavailable' when the connection is lost: read on from the last revision seen.
   */
  changes(after: number, signal: AbortSignal): AsyncIterable<Change[]>;
  /** Holders of every claim with this prefix: claim → key. */
  claims(prefix: string): Promise<Map<string, string>>;
  /** Frees connections and timers. Nothing may be called afterwards. */
  close(): Promise<void>;
}

/** Writes of one call. The script runs them in one go and holds up all of Redis meanwhile, so this bounds how long everybody else waits. */
export const MAX_BATCH = 256;

/** A change of one key, with what it stands on. It happens whole, with its claims, or not at all. */
export interface Write {
  key: string;
  /**
   * What must be there: a revision, 'absent', or 'any' (a present object or none). 'follows': it happens with the write before it in the
   * batch, whatever is there, in one atomic step, or is refused with 'absent' as that was; several may follow one.
   */
  expect: number | 'absent' | 'any' | 'follows';
  /** The new JSON text; undefined deletes. Deleting what is absent is refused with 'absent'. */
  value: string | undefined;
  /** Names that this key holds after the write; the ones it held before and that are not listed are given up. Undefined: as before. A delete gives up all. */
  claims?: readonly string[];
  /** The object is removed by the store this long after the write, with a change in the log like any other delete. */
  ttlSeconds?: number;
}

/**  */
export type WriteOutcome =
  /** `value` is echoed for deletes: what was removed. */
  | { ok: true; revision: number; previous?: Entry }
  | { ok: false; reason: 'conflict' | 'exists' | 'absent'; current?: Entry }
  /** Another key holds `claim`. */
  | { ok: false; reason: 'claimed'; claim: string; holder: string };

/** A present object. `revision` is that of its last change, so it may lie far below the store's. */
export interface Entry {
  key: string;
  revision: number;
  value: string;
}

/** One entry of the log. Each has a revision of its own: a batch of writes is as many changes. */
export interface Change {
  key: string;
  revision: number;
  /** The new text; undefined: the key was deleted. */
  value: string | undefined;
  /** All claims that the key holds from here on; undefined: as before. A deleted key holds none. */
  claims?: readonly string[];
}

/** The closed set of store errors. */
export class StoreError extends Error {
  constructor(
    readonly code: 'unavailable' | 'compacted' | 'too-large' | 'corrupt',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'StoreError';
  }
}
