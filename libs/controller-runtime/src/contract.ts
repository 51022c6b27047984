import type { KubeObject } from '#api';
import type { Api, EventRecorder, InformerFactory, Resource } from '#client/contract';

/** The loop runs observe → reconcile → act; level-triggered, one key at a time, with back-off. */
export interface Controller<Seen, A extends { do: string }> {
  /** Kubernetes' own name, e.g. 'replicaset-controller'. */
  readonly name: string;
  /** The `name` label of its `workqueue_*` metrics where upstream's differs, e.g. 'replicaset'. */
  readonly queueName?: string;
  readonly primary: Resource;
  /** Changes to an object that a primary controls (`ownerReferences[controller]`) enqueue the primary. */
  readonly owns: readonly Resource[];
  /** Other resources whose changes enqueue primaries. */
  readonly watches?: readonly Watched[];
  /** undefined: the object is gone, nothing to do. */
  observe(key: ObjectKey, caches: InformerFactory): Seen | undefined;
  /** Pure: same input, same plan; never changes cached objects. */
  reconcile(seen: Seen, now: Date): Plan<A>;
  /** A missing executor does not compile. Throwing retries the key with back-off. */
  readonly act: { [D in A['do']]: (action: Extract<A, { do: D }>, io: Io) => Promise<void> };
  /** Actions that may run together, up to this many at a time; 1 unless told otherwise. */
  readonly concurrency?: number;
  /** Keys worked on at a time; 4 unless told otherwise. */
  readonly workers?: number;
}

export interface Watched<T extends KubeObject = KubeObject> {
  resource: Resource;
  /** Only these are cached for it: `observe` asks for the informer with the same selector. */
  fieldSelector?: string;
  enqueue(object: T, caches: InformerFactory): readonly ObjectKey[];
}

export interface ObjectKey {
  namespace: string;
  name: string;
}

export interface Plan<A> {
  actions: readonly A[];
  /** Look again after this long even if nothing changes. */
  requeueAfterMs?: number;
}

export interface Io {
  api: Api;
  events: EventRecorder;
  now(): Date;
}
