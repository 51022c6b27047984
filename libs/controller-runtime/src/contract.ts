import type { KindName, KubeObject } from '#api';
import type { Api, EventRecorder, Informer, InformerFactory, Resource } from '#client/contract';

/*
 * Two forms. A *controller* works on one object at a time, by its key, whenever something about it changes; nearly everything is one.
 * A *sweep* looks at all of them together now and then, where the decision needs the whole (how many nodes of a zone are down) or
 * time alone brings it about. Both observe → reconcile → act: what is seen is an argument, deciding is pure, acting is dull.
 */

/** Level-triggered, one key at a time, with back-off. */
export interface Controller<Seen, A extends { do: string }> {
  /** Kubernetes' own name, e.g. 'replicaset-controller'. */
  readonly name: string;
  /** The `name` label of its `workqueue_*` metrics where upstream's differs, e.g. 'replicaset'. */
  readonly queueName?: string;
  /** Its objects are the keys. None where keys are made of objects of every kind. */
  readonly primary?: Resource;
  /** Which changes of a primary enqueue it; all unless told otherwise. */
  readonly wakes?: (change: Change) => boolean;
  /** Changes to an object that a primary controls (`ownerReferences[controller]`) enqueue the primary. */
  readonly owns?: readonly Resource[];
  /** Other resources whose changes enqueue primaries. */
  readonly watches?: readonly Watched[];
  /** What `observe` reads besides; changes of these enqueue nothing. */
  readonly reads?: readonly Resource[];
  /** Objects of any kind whose changes enqueue keys. Of kinds that no controller names otherwise only the metadata is there. */
  readonly everyKind?: EveryKind;
  /** undefined: the object is gone, nothing to do. It reads only the resources named above; what no cache can tell it asks of the API. */
  observe(key: ObjectKey, caches: Caches, api: Api): Seen | undefined | Promise<Seen | undefined>;
  /** Pure: same input, same plan; never changes cached objects. */
  reconcile(seen: Seen, now: Date): Plan<A>;
  /** A missing executor does not compile. Throwing retries the key with back-off. */
  readonly act: Executors<A>;
  /** Actions that may run together, up to this many at a time; 1 unless told otherwise. */
  readonly concurrency?: number;
  /** Keys worked on at a time; 4 unless told otherwise. */
  readonly workers?: number;
}

/** One round every `everyMs`, and within a second of a change that wakes it. A round that fails is told in the log, and the next one tries again. */
export interface Sweep<Seen, A extends { do: string }, Memory> {
  /** Kubernetes' own name, e.g. 'node-lifecycle-controller'. */
  readonly name: string;
  /** Who its events are from, where upstream has another name for that. */
  readonly eventSource?: string;
  readonly everyMs: number;
  readonly watches: readonly Swept[];
  /** What the first round knows. */
  readonly memory: Memory;
  observe(caches: Caches, round: Round<Memory>): Seen | Promise<Seen>;
  /** Pure, as a controller's. `memory` is what the next round knows. */
  reconcile(seen: Seen, now: Date): { actions: readonly A[]; memory: Memory };
  /** A missing executor does not compile. An action that throws holds up no other. */
  readonly act: Executors<A>;
  /** As a controller's. */
  readonly concurrency?: number;
}

/** What a sweep has at hand in one round, besides the caches. */
export interface Round<Memory> {
  api: Api;
  memory: Memory;
  /** This process's own clock, for what others' clocks are not trusted with. */
  nowMs: number;
}

/**
 * One function for each kind of action. A key that failed is planned anew, so an action that was carried out in part may come again: it
 * must be safe to repeat.
 */
export type Executors<A extends { do: string }> = { readonly [D in A['do']]: (action: Extract<A, { do: D }>, io: Io) => Promise<void> };

/** One change of a cached object, as a controller's filters see it. */
export interface Change<T extends KubeObject = KubeObject> {
  object: T;
  /** Absent when it was added or deleted. */
  previous?: T;
  deleted: boolean;
}

/** Another resource that a controller looks at, and the keys that a change of it concerns. */
export interface Watched<T extends KubeObject = KubeObject> {
  resource: Resource;
  /** Only these are cached for it: `observe` asks for the informer with the same selector. */
  fieldSelector?: string;
  /** Which changes count; all unless told otherwise. */
  readonly wakes?: (change: Change) => boolean;
  /** Asked for an object as it is, and as it was before a change. */
  enqueue(object: T, caches: Caches): readonly ObjectKey[];
}

/** A resource that a sweep reads, and the changes of it that cannot wait for the next round. */
export interface Swept {
  resource: Resource;
  namespace?: string;
  /** Which changes bring the next round forward; none unless told otherwise. */
  readonly wakes?: (change: Change) => boolean;
}

/** For controllers whose objects may be of any kind: the garbage collector is the one that needs it. */
export interface EveryKind {
  /** Which of the served kinds. */
  of(kind: KindName): boolean;
  enqueue(change: Change, kind: KindName, caches: Caches): readonly ObjectKey[];
  /** Whom it concerns besides its own objects, which are all enqueued as added, that a kind is there now. Kinds come and go at any time. */
  joined?(kind: KindName, caches: Caches): readonly ObjectKey[];
}

/** What a controller reads: the informers of the resources that it names. Asking for another throws: it would not be synced. */
export interface Caches extends Pick<InformerFactory, 'informer'> {
  /** Every kind that the api-server serves, as far as it has been heard of. */
  served(): readonly KindName[];
  /** The same, asked of the server. Throws ApiError. */
  servedNow(): Promise<readonly KindName[]>;
  /** Those of `everyKind` whose objects are all there. */
  kinds(): readonly KindCache[];
}

/** One kind with the informer of its objects. */
export interface KindCache {
  kind: KindName;
  cache: Informer<KubeObject>;
}

/** What queues hold: names, never objects, so that work always starts from the newest state. */
export interface ObjectKey {
  namespace: string;
  name: string;
}

/** What to do, in order. No actions: all is as it should be. */
export interface Plan<A> {
  actions: readonly A[];
  /** Look again after this long even if nothing changes. */
  requeueAfterMs?: number;
  /** Others to look at when this is done. */
  enqueue?: readonly ObjectKey[];
}

/** What executors act through. They have no cache at hand: what they need to know is in the action, or is asked of the API. */
export interface Io {
  api: Api;
  events: EventRecorder;
  now(): Date;
}
