import type { KubeObject } from '#api';
import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import type { Api, Informer, InformerFactory, ListQuery } from '../contract.ts';
import { resourceKey } from '../resources.ts';
import { WatchingInformer } from './informer.ts';

/** The informers of one process, each started once. What is asked for after `start` starts at once. */
export class Informers implements InformerFactory {
  private readonly informers = new Map<string, WatchingInformer<KubeObject>>();
  private readonly ending = new AbortController();
  private readonly running: Promise<void>[] = [];
  private started = false;

  constructor(private readonly options: { api: Api; clock: Clock; logger: Logger }) {}

  informer<T extends KubeObject>(query: ListQuery): Informer<T> {
    const key = [resourceKey(query.resource), query.namespace, query.labelSelector, query.fieldSelector].join('|');
    let informer = this.informers.get(key);
    if (!informer) {
      informer = new WatchingInformer<KubeObject>({ ...this.options, query, transform: withoutManagedFields });
      this.informers.set(key, informer);
      if (this.started) this.running.push(informer.run(this.ending.signal));
    }
    return informer as unknown as Informer<T>;
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    for (const informer of this.informers.values()) this.running.push(informer.run(this.ending.signal));
  }

  /** Resolves when every informer asked for so far has its objects. */
  async synced(): Promise<void> {
    await Promise.all([...this.informers.values()].map((informer) => informer.synced()));
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.running);
  }
}

/** Field ownership is half of an object's bytes and no part of the system reads it; an update without it leaves it as it is. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields) delete object.metadata.managedFields; // freshly decoded, not shared yet
  return object;
}
