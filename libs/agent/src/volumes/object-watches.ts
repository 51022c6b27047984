import type { KubeObject } from '#api';
import type { Clock } from '#base';
import { type Api, type Informer, WatchingInformer } from '#client';
import type { Resource } from '#client/contract';
import type { Logger } from '#telemetry';

interface Watch {
  users: number;
  informer: Informer<KubeObject>;
  stop: AbortController;
}

/** How long an object is kept current after the last pod that used it is gone: its successor is often on its way. */
const LINGER_MS = 30_000;
const FIRST_ANSWER_MS = 10_000;

/**
 * ConfigMaps and Secrets that pods of this node use, each kept current by one watch of its name while a pod uses it. A node may
 * read no others.
 */
export class ObjectWatches {
  private readonly watches = new Map<string, Watch>();

  constructor(private readonly options: { api: Api; clock: Clock; logger: Logger }) {}

  /** Begins or joins the watch; the answer ends it. */
  use(resource: Resource, namespace: string, name: string): { informer: Informer<KubeObject>; release: () => void } {
    const key = `${resource.resource}/${namespace}/${name}`;
    let watch = this.watches.get(key);
    if (!watch) {
      const informer = new WatchingInformer<KubeObject>({
        ...this.options,
        query: { resource, namespace, fieldSelector: `metadata.name=${name}` },
      });
      watch = { users: 0, informer, stop: new AbortController() };
      this.watches.set(key, watch);
      void informer.run(watch.stop.signal);
    }
    const mine = watch;
    mine.users++;
    const release = (): void => {
      if (--mine.users > 0) return;
      this.options.clock.after(LINGER_MS, () => {
        if (mine.users > 0 || this.watches.get(key) !== mine) return;
        this.watches.delete(key);
        mine.stop.abort();
      });
    };
    return { informer: mine.informer, release };
  }

  /** The object, or undefined when there is none. Throws when the API cannot tell in time. */
  async read<T extends KubeObject>(informer: Informer<KubeObject>, namespace: string, name: string): Promise<T | undefined> {
    const late = new AbortController();
    try {
      await Promise.race([
        informer.synced(),
        this.options.clock.sleep(FIRST_ANSWER_MS, late.signal).then(() => {
          throw new Error(`timed out waiting for the ${informer.resource.resource.replace(/s$/, '')} "${namespace}/${name}" to be read`);
        }),
      ]);
    } finally {
      late.abort();
    }
    return informer.get(namespace, name) as T | undefined;
  }

  /** Ends all watches. */
  close(): void {
    for (const { stop } of this.watches.values()) stop.abort();
    this.watches.clear();
  }
}
