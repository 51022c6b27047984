import type { KubeObject } from '#api';
import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import type { Api, Informer, InformerFactory, ListQuery, Resource } from '../contract.ts';
import { queryKey, resourceKey } from '../resources.ts';
import { WatchingInformer } from './informer.ts';

/** The informers of one process, each started once. What is asked for after `start` starts at once. */
export class Informers implements InformerFactory {
  private readonly informers = new Map<string, WatchingInformer<KubeObject>>();
  /** By resource: ends the informers of it. */
  private readonly endings = new Map<string, AbortController>();
  private readonly running = new Set<Promise<void>>();
  private started = false;
  private stopped = false;

  /** `transform` says what of each object is kept; everything but the managed fields unless told otherwise. */
  constructor(private readonly options: { api: Api; clock: Clock; logger: Logger; transform?: (object: KubeObject) => KubeObject }) {}

  informer<T extends KubeObject>(query: ListQuery): Informer<T> {
    const key = queryKey(query);
    let informer = this.informers.get(key);
    if (!informer) {
      informer = new WatchingInformer<KubeObject>({ transform: withoutManagedFields, ...this.options, query });
      this.informers.set(key, informer);
      if (this.started) this.begin(informer);
    }
    return informer as unknown as Informer<T>;
  }

  /** Whether somebody has asked for it. */
  has(query: ListQuery): boolean {
    return this.informers.has(queryKey(query));
  }

  forget(resource: Resource): void {
    const key = resourceKey(resource);
    this.endings.get(key)?.abort();
    this.endings.delete(key);
    for (const [each, informer] of this.informers) if (resourceKey(informer.resource) === key) this.informers.delete(each);
  }

  /** Starts all that were asked for; calling it again does nothing. */
  start(): void {
    if (this.started) return;
    this.started = true;
    for (const informer of this.informers.values()) this.begin(informer);
  }

  /** Resolves when every informer asked for so far has its objects. */
  async synced(): Promise<void> {
    await Promise.all([...this.informers.values()].map((informer) => informer.synced()));
  }

  /** Ends all of them and waits until their watches are closed. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const ending of this.endings.values()) ending.abort();
    await Promise.all(this.running);
  }

  private begin(informer: WatchingInformer<KubeObject>): void {
    const key = resourceKey(informer.resource);
    const ending = this.endings.get(key) ?? new AbortController();
    this.endings.set(key, ending);
    if (this.stopped) ending.abort();
    const run = informer.run(ending.signal);
    this.running.add(run);
    void run.finally(() => this.running.delete(run));
  }
}

/** Field ownership is half of an object's bytes and no part of the system reads it; an update without it leaves it as it is. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields) delete object.metadata.managedFields; // freshly decoded, not shared yet
  return object;
}

/** For caches that only ask who owns whom. */
export function metadataOnly({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, ownerReferences, finalizers } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion, deletionTimestamp, ownerReferences, finalizers } };
}

/** `less`, but where `whole` keeps the same objects, those: nothing is kept twice. */
export function sharedWith(whole: Informers, less: Informers): InformerFactory {
  return { informer: (query) => (whole.has(query) ? whole : less).informer(query), forget: (resource) => less.forget(resource) };
}

/** Waits for the caches; false when the signal aborts first, as it may while no api-server answers. */
export async function syncedBefore(signal: AbortSignal, informers: Iterable<{ synced(): Promise<void> }>): Promise<boolean> {
  if (signal.aborted) return false;
  const { promise: aborted, resolve } = Promise.withResolvers<boolean>();
  const abort = (): void => resolve(false);
  signal.addEventListener('abort', abort, { once: true });
  const synced = Promise.all([...informers].map((informer) => informer.synced())).then(() => true);
  return Promise.race([synced, aborted]).finally(() => signal.removeEventListener('abort', abort));
}
