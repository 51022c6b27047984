import { ApiError, type KubeObject } from '#api';
import { Backoff, type Clock } from '#base';
import type { Logger } from '#telemetry';
import type { Api, Informer, ListQuery, Resource, WatchEvent } from '../contract.ts';
import { resourceKey } from '../resources.ts';
import { ObjectCache } from './object-cache.ts';

interface Change<T> {
  object: T;
  previous?: T;
  deleted: boolean;
}

/** What an informer watches, and what it keeps of that. `transform` gets a fresh object that is not shared yet. */
export interface InformerOptions<T extends KubeObject> {
  api: Api;
  clock: Clock;
  logger: Logger;
  query: ListQuery;
  /** Applied to every object before it is kept: for leaving out what nobody here reads. */
  transform?: (object: T) => T;
}

/**
 * Fills a cache by one watch that begins with the present objects, and keeps it current. After a lost connection the watch goes on
 * from the last revision seen. When the log no longer reaches back (410), the present objects are read again and compared, so that
 * listeners hear of what was deleted meanwhile.
 */
export class WatchingInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource;
  private readonly cache = new ObjectCache<T>();
  private readonly listeners = new Set<(change: Change<T>) => void>();
  private readonly whenSynced: { promise: Promise<void>; resolve: () => void };
  private readonly backoff = new Backoff<'watch'>(100, 5_000);
  private revision = '';
  /** The present objects while they arrive; undefined once they are all there. */
  private arriving: Map<string, T> | undefined;

  constructor(private readonly options: InformerOptions<T>) {
    this.resource = options.query.resource;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.whenSynced = { promise, resolve };
  }

  get resourceVersion(): string {
    return this.revision;
  }

  synced(): Promise<void> {
    return this.whenSynced.promise;
  }

  get(namespace: string, name: string): T | undefined {
    return this.cache.get(namespace, name);
  }

  list(namespace?: string): readonly T[] {
    return this.cache.list(namespace);
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.cache.byIndex(index, value);
  }

  addIndex(index: string, values: (object: T) => readonly string[]): void {
    this.cache.addIndex(index, values);
  }

  onChange(listener: (change: Change<T>) => void): () => void {
    this.listeners.add(listener);
    for (const object of this.cache.list()) listener({ object, deleted: false });
    return () => this.listeners.delete(listener);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { api, clock, query, logger } = this.options;
    while (!signal.aborted) {
      this.arriving = this.revision === '' ? new Map() : undefined;
      try {
        const from = this.revision === '' ? {} : { resourceVersion: this.revision };
        for await (const batch of api.watch<T>({ ...query, ...from }, signal)) {
          for (const event of batch) this.take(event);
          this.backoff.reset('watch');
        }
      } catch (err) {
        if (signal.aborted) return;
        if (!(err instanceof ApiError)) throw err;
        // 410: the log was trimmed. 504 and 400: the server does not know the revision, as after a restored backup.
        if ([400, 410, 504].includes(err.code)) this.revision = '';
        const waitMs = this.backoff.nextMs('watch');
        logger.debug({ resource: resourceKey(query.resource), err, waitMs }, 'watch ended, starting it again');
        await clock.sleep(waitMs, signal).catch(() => undefined); // aborted: the loop's condition ends it
      }
    }
  }

  /** One event. The first bookmark ends the present objects: until then they gather aside, so that no reader sees half of them. */
  private take(event: WatchEvent<T>): void {
    if (event.type === 'bookmark') {
      if (this.arriving) this.replace(this.arriving);
      this.arriving = undefined;
      this.revision = event.resourceVersion;
      this.whenSynced.resolve();
      return;
    }
    const object = this.options.transform ? this.options.transform(event.object) : event.object;
    if (this.arriving) {
      this.arriving.set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
      return;
    }
    if (event.type === 'deleted') this.remove(object);
    else this.put(object);
    this.revision = object.metadata.resourceVersion ?? this.revision;
  }

  /** What is not among the present objects has been deleted while nobody watched: listeners hear of that first. */
  private replace(present: ReadonlyMap<string, T>): void {
    for (const object of this.cache.list()) {
      if (!present.has(`${object.metadata.namespace ?? ''}/${object.metadata.name}`)) this.remove(object);
    }
    for (const object of present.values()) this.put(object);
  }

  private put(object: T): void {
    const { namespace = '', name = '' } = object.metadata;
    const known = this.cache.get(namespace, name);
    if (known && known.metadata.uid !== object.metadata.uid) this.remove(known); // deleted and made again while nobody watched
    if (known && known.metadata.uid === object.metadata.uid && known.metadata.resourceVersion === object.metadata.resourceVersion) return;
    const previous = this.cache.put(object);
    this.tell({ object, previous, deleted: false });
  }

  /** Told once: who deletes what is not in the cache tells nobody. */
  private remove(object: T): void {
    const { namespace = '', name = '' } = object.metadata;
    if (this.cache.remove(namespace, name)) this.tell({ object, deleted: true });
  }

  private tell(change: Change<T>): void {
    for (const listener of this.listeners) listener(change);
  }
}
