import type { KubeObject } from '#api';

/**
 * The watch cache: every object of the store, held once, decoded and as bytes, kept current from the log.
 *
 * Terms
 *  - **resource**: `<group>/<resource>` as `resourceKey` makes it: `/pods`, `apps/deployments`.
 *  - **revision** of the cache: every change up to it has been applied. Answers from the cache are the store's state at that revision.
 *  - **window**: the recent events of one resource that the cache still holds; a watch may start anywhere in it, and `list` can show any
 *    revision in it. All windows together are bounded in bytes and by age (`WindowLimits`); what is older is 410 Expired.
 *
 * Everything but `start`, `waitFor` and `sync` is synchronous: a `list` and a `subscribe` in one turn of the event loop see the same
 * revision, so `list` followed by `subscribe({ after: list.revision })` misses nothing and repeats nothing.
 *
 * Objects and buffers are shared by all readers: never change one.
 */
export interface WatchCache {
  /** Fills the cache; resolves when it may be read. Then follows the store until `close`; loss of the connection is mended inside. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** False before the first filling and while the store is out of reach. */
  readonly healthy: boolean;
  readonly revision: number;

  get(key: string): CachedObject | undefined;
  /**
   * Objects of a resource in key order, of one namespace when given. `at`: as of that revision. Throws `ApiError` 410 Expired when the
   * window no longer reaches back to `at`. `at` above the cache's revision: `waitFor` it first.
   */
  list(resource: string, options?: { namespace?: string; at?: number }): { items: readonly CachedObject[]; revision: number };
  /** Number of objects of a resource. */
  count(resource: string): number;
  /** Resources that have, or had, any object. */
  resources(): string[];

  /** Resolves true when the cache has applied `revision`; false when `timeoutMs` (default 3000, as upstream) passes first. */
  waitFor(revision: number, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<boolean>;
  /** Waits until the cache has all that was answered before this call: the condition of a consistent read. False as in `waitFor`. */
  sync(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<boolean>;

  /**
   * Delivers every event after `options.after` to `sink`, in order, once. Events of the window are delivered before this returns,
   * unless the sink pauses. Throws `ApiError` 410 Expired `too old resource version: X (Y)` when the window does not reach back.
   */
  subscribe(options: SubscribeOptions, sink: WatchSink): Subscription;

  /** The key that holds a claim. A view of the recent past, for choosing a free one; the store decides at the write. */
  taken(claim: string): string | undefined;
  /** claim → key, of all claims with this prefix. */
  claims(prefix: string): Map<string, string>;
}

/** One object at one revision. Shared by all readers, and never changed: a new revision is a new CachedObject. */
export interface CachedObject<T extends KubeObject = KubeObject> {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** Decoded, with `metadata.resourceVersion`. */
  readonly object: T;
  /** The same as JSON in UTF-8. */
  readonly bytes: Buffer;
  /** Whatever else is made from this object once for all readers: another version's bytes, a table row. Made at the first call. */
  memo<V>(form: string, make: (object: T) => V): V;
}

/** As the wire says it. ERROR and BOOKMARK are made by who serves the watch. */
export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change of one object, as watchers get it. Shared by all of them, and never changed. */
export interface CacheEvent {
  readonly type: WatchEventType;
  readonly revision: number;
  /** The object after the change. DELETED: its last state, with the revision of its deletion as `resourceVersion`. */
  readonly current: CachedObject;
  /** The object before the change; undefined for ADDED. */
  readonly previous: CachedObject | undefined;
  /** `previous` with this event's revision as `resourceVersion`: what a watcher is told whose selector the object has left. */
  readonly departed: CachedObject | undefined;
  /** `{"type":…,"object":…}` and a line feed, made once per type. `type` defaults to the event's own; DELETED of another: `departed`. */
  frame(type?: WatchEventType): Buffer;
}

export interface SubscribeOptions {
  resource: string;
  namespace?: string;
  /** Only the object with this name. */
  name?: string;
  /** Deliver events with a greater revision. */
  after: number;
  /** Events that may wait while the sink is paused before it is cut. Default 1000. */
  bufferLimit?: number;
  /** Call `sink.bookmark` about each minute, when all up to that revision has been delivered. */
  bookmarks?: boolean;
}

/** Called synchronously from the cache; must not throw. */
export interface WatchSink {
  /** One or more events, oldest first. The array is shared between watchers. */
  events(events: readonly CacheEvent[]): void;
  bookmark?(revision: number): void;
  /**
   * The last call. 'slow': its buffer overflowed. 'resync': the cache lost its place in the log and was filled anew; watch again from
   * the last revision. 'closed': the cache ends.
   */
  end(why: 'slow' | 'resync' | 'closed'): void;
}

export interface Subscription {
  /** Every event up to this revision has been delivered. */
  readonly revision: number;
  /** Between `pause` and `resume` events wait in a bounded buffer: for sinks whose socket is full. */
  pause(): void;
  resume(): void;
  /** Ends without a call of `sink.end`. */
  close(): void;
}
