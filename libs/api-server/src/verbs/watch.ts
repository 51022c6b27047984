import { expired, tooManyRequests } from '#api';
import { type CachedObject, type CacheEvent, selectEvent, type Subscription, type WatchEventType } from '#store';
import type { ServedEvent, ServedKind, ServedObject, WatchRequest } from '../contract.ts';
import type { Core } from '../core.ts';
import { type Selection, selectionOf } from '../objects/selectors.ts';
import { checkWatchOptions } from '../request/list-options.ts';
import { parseResourceVersion } from '../request/resource-version.ts';
import { bytesIn, caughtUp, seen, servedIn } from '../writes/cache-reads.ts';

/** A reader that is this far behind is cut: it watches again from what it has seen. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

/** Changes of a collection as they happen. */
export async function* watch(
  core: Core,
  kind: ServedKind,
  request: WatchRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly ServedEvent[]> {
  checkWatchOptions(request);
  const selection = selectionOf(kind, request);
  const begin = await beginning(core, request, signal);
  if (signal.aborted) return;
  const feed = new EventFeed(kind, selection, request.maxPendingBytes ?? MAX_PENDING_BYTES);
  const close = feed.open(core, request, begin);
  const cancel = request.timeoutSeconds ? core.clock.after(request.timeoutSeconds * 1000, () => feed.finish()) : undefined;
  const onAbort = (): void => feed.finish();
  const stay = core.kinds.whenGone(kind, () => feed.finish());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    // Tells the caller that the watch has begun; what was wrong with it was thrown before.
    yield [];
    yield* feed.batches();
  } finally {
    signal.removeEventListener('abort', onAbort);
    cancel?.();
    stay();
    close();
  }
}

interface Beginning {
  /** Present objects first. */
  initial: boolean;
  /** Else: changes after this revision. */
  after?: number;
}

/**
 * Where the watch starts: KEP-3157 and API concepts, "Semantics for watch". A revision that the cache has not reached is waited for, and
 * is ApiError 504 when it does not come.
 */
async function beginning(core: Core, request: WatchRequest, signal: AbortSignal): Promise<Beginning> {
  const wanted = parseResourceVersion(request.resourceVersion);
  if (wanted === undefined) await caughtUp(core, signal);
  else if (wanted > 0) await seen(core, wanted, signal);
  if (request.sendInitialEvents !== undefined)
    return request.sendInitialEvents ? { initial: true } : { initial: false, after: wanted || undefined };
  return wanted ? { initial: false, after: wanted } : { initial: true };
}

/** What one watcher has coming. The cache pushes, the reader pulls; between them a queue that is bounded in bytes. */
class EventFeed {
  private queue: ServedEvent[] = [];
  private pendingBytes = 0;
  private done = false;
  private failure: unknown;
  private wake: (() => void) | undefined;

  constructor(
    private readonly kind: ServedKind,
    private readonly selection: Selection,
    private readonly maxPendingBytes: number,
  ) {}

  /** Synchronous, so that the list and the subscription see one revision. */
  open(core: Core, request: WatchRequest, { initial, after }: Beginning): () => void {
    const namespace = this.kind.namespaced && request.namespace !== '' ? request.namespace : undefined;
    let from = after ?? core.cache.revision;
    if (initial) from = this.present(core, namespace);
    if (initial && request.sendInitialEvents && request.allowWatchBookmarks) this.bookmark(from, true);
    const scope = {
      resource: this.kind.storedAs,
      namespace,
      name: this.selection.name,
      after: from,
      bookmarks: request.allowWatchBookmarks,
    };
    const subscription: Subscription = core.cache.subscribe(scope, {
      events: (events) => this.push(events),
      bookmark: (revision) => this.bookmark(revision, false),
      end: (why) =>
        this.finish(
          why === 'slow' ? tooSlow() : why === 'resync' ? expired('the watch must start again: the log was left behind') : undefined,
        ),
    });
    return () => subscription.close();
  }

  private present(core: Core, namespace: string | undefined): number {
    const { items, revision } = core.cache.list(this.kind.storedAs, { namespace });
    const { matches } = this.selection;
    for (const item of items) if (!matches || matches(item.object)) this.add(new ObjectEvent(this.kind, 'ADDED', item));
    // The reader has had no chance yet to take these, so they do not count as being behind.
    this.pendingBytes = 0;
    return revision;
  }

  /**
   * An object that comes to match a selector is ADDED to this watcher, and one that ceases to is DELETED, whatever happened to it in the
   * store.
   */
  private push(events: readonly CacheEvent[]): void {
    const { matches } = this.selection;
    for (const event of events) {
      const seenAs = matches ? selectEvent(event, matches) : { type: event.type, object: event.current };
      if (seenAs) this.add(new ObjectEvent(this.kind, seenAs.type, seenAs.object, event));
    }
  }

  private add(event: ObjectEvent): void {
    this.pendingBytes += event.size;
    // A single event may be larger than that, and its reader is not behind.
    if (this.pendingBytes > this.maxPendingBytes && this.queue.length > 0) return this.finish(tooSlow());
    this.queue.push(event);
    this.notify();
  }

  private bookmark(revision: number, initialEventsEnd: boolean): void {
    this.queue.push({ type: 'BOOKMARK', resourceVersion: String(revision), initialEventsEnd });
    this.notify();
  }

  finish(failure?: unknown): void {
    this.failure ??= failure;
    this.done = true;
    this.notify();
  }

  private notify(): void {
    this.wake?.();
    this.wake = undefined;
  }

  async *batches(): AsyncGenerator<readonly ServedEvent[]> {
    for (;;) {
      if (this.queue.length > 0) {
        const batch = this.queue;
        this.queue = [];
        this.pendingBytes = 0;
        yield batch;
      } else if (this.failure !== undefined) throw this.failure;
      else if (this.done) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

const tooSlow = (): Error => tooManyRequests('the watcher is too slow: watch again from the last resourceVersion that was seen', 1);

class ObjectEvent {
  constructor(
    private readonly kind: ServedKind,
    readonly type: WatchEventType,
    private readonly cached: CachedObject,
    private readonly event?: CacheEvent,
  ) {}

  get size(): number {
    return this.cached.bytes.length;
  }

  get served(): ServedObject {
    return servedIn(this.kind, this.cached);
  }

  line(): Buffer {
    const { type, kind, cached, event } = this;
    // Present objects are glued for each watcher: keeping that line would hold every object twice.
    const glued = (): Buffer => Buffer.concat([Buffer.from(`{"type":"${type}","object":`), bytesIn(kind, cached), lineEnd]);
    if (!event) return glued();
    return kind.version ? cached.memo(`line ${type} ${kind.gvk.group}/${kind.gvk.version}`, glued) : event.frame(type);
  }
}

const lineEnd = Buffer.from('}\n');
