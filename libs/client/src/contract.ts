import type { KindName, KubeObject, Resource, Status } from '#api';

export type { Resource };

/**
 * The API as the system's own parts see it. Implemented over gRPC (`grpcApi`), in one process over the request pipeline for tests, and
 * by a fake; `apiConformance` says for all of them what follows. Objects that come back may be shared with a cache: never change one in place.
 */
export interface Api {
  /** Throws ApiError 404 when it is not there. */
  get<T extends KubeObject>(ref: ObjectRef): Promise<T>;
  /** In order of namespace and name. */
  list<T extends KubeObject>(query: ListQuery): Promise<{ items: T[]; resourceVersion: string }>;
  /**
   * Present objects as 'added', one 'bookmark', then changes as they happen; when `resourceVersion` is given, a 'bookmark' with it and only
   * the changes after it. What comes into a selection is 'added', what leaves it 'deleted'. Ends when the signal aborts; throws ApiError 410
   * when the log no longer reaches back, ApiError 503 when the connection is lost.
   */
  watch<T extends KubeObject>(query: ListQuery & { resourceVersion?: string }, signal: AbortSignal): AsyncIterable<WatchEvent<T>[]>;
  /** One outcome per item, in order. Throws ApiError 503/504 when it is not known whether the writes happened. Batches beyond 256 are split. */
  writeMany(items: readonly WriteItem[]): Promise<WriteResult[]>;
}

/** Names one object; without a namespace it is cluster-scoped. */
export interface ObjectRef {
  resource: Resource;
  namespace?: string;
  name: string;
}

/** Names a collection; without a namespace it is that of all namespaces. Selectors have kubectl's syntax. */
export interface ListQuery {
  resource: Resource;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** One change as a watcher of a selection sees it; a bookmark says how far it has come. */
export type WatchEvent<T extends KubeObject = KubeObject> =
  | { type: 'added' | 'modified' | 'deleted'; object: T }
  | { type: 'bookmark'; resourceVersion: string };

/** One write of a batch. An update or patch whose object names a `resourceVersion` is refused with 409 when that is not the present one. */
export type WriteItem = {
  resource: Resource;
  subresource?: string;
  namespace?: string;
  fieldManager?: string;
  /** Answer with the object as it is after the write. */
  wantObject?: boolean;
} & (
  | { verb: 'create'; name?: string; object: KubeObject }
  | { verb: 'update'; name: string; object: KubeObject }
  | { verb: 'patch'; name: string; patchType: PatchType; patch: unknown; force?: boolean }
  | { verb: 'delete'; name: string; options?: DeleteOptions }
);

/** Media types of patch bodies: RFC 6902, RFC 7386, Kubernetes' strategic merge, server-side apply (KEP-555). */
export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

/** The part of meta/v1 DeleteOptions that parts of the system use. `preconditions` make a delete hold for the object that was meant. */
export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** What became of one item; `object` only where `wantObject` asked for it, and of a delete the last state. */
export type WriteResult<T extends KubeObject = KubeObject> =
  | { ok: true; uid: string; resourceVersion: string; object?: T }
  | { ok: false; status: Status };

/** Says which kinds there are, in the version that each is stored in. */
export interface KindSource {
  /** All of them, and all of them again after each change. Ends when the signal aborts; throws ApiError 503 when the connection is lost. */
  kinds(signal: AbortSignal): AsyncIterable<readonly KindEntry[]>;
}

/** Reads what is no object of a kind that is kept: subresources, and groups that others answer for. */
export interface RawReader {
  /** The JSON that GET of this path (with its query) answers, as HTTPS would. Throws ApiError. */
  read<T>(path: string): Promise<T>;
}

/** A served kind as the api-server tells it. */
export interface KindEntry extends KindName {
  /** What its objects can be asked: `list`, `deletecollection` … */
  verbs: readonly string[];
}

/** The kinds whose objects are kept: those that can be listed, watched and deleted. They come and go while the server runs. */
export interface KindList {
  readonly all: readonly KindName[];
  /** Called after each change. Returns its own removal. */
  onChange(listener: (change: KindListChange) => void): () => void;
  /** Asked of the server now, for decisions that an outdated list would make wrong. Throws ApiError. */
  fresh(): Promise<readonly KindName[]>;
}

/** Kinds that came and kinds that went since the last change; those that stay are in neither. */
export interface KindListChange {
  added: readonly KindName[];
  removed: readonly KindName[];
}

/** A cache of one resource, filled by list and watch and kept current; restarts by itself after any failure. */
export interface Informer<T extends KubeObject> {
  readonly resource: Resource;
  /** Resolves when the present objects are in the cache. */
  synced(): Promise<void>;
  /** Out of the cache, so it may be older than what was just written; namespace '' for cluster-scoped kinds. */
  get(namespace: string, name: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** Objects whose index function returned `value`. */
  byIndex(index: string, value: string): readonly T[];
  /** Indexes what is there and all that comes. All who share the informer share the index. */
  addIndex(index: string, values: (object: T) => readonly string[]): void;
  /** Called for what is in the cache already and for every change after it, one at a time, in order. `previous` is absent when added. Returns its own removal. */
  onChange(listener: (change: { object: T; previous?: T; deleted: boolean }) => void): () => void;
  /** Everything up to this resource version is in the cache. */
  readonly resourceVersion: string;
}

/** Hands out one informer for each query, so that parts of a process which read the same share one watch and one copy. */
export interface InformerFactory {
  /** The one informer of a resource (and selector) in this process. */
  informer<T extends KubeObject>(query: ListQuery): Informer<T>;
  /** Stops the informers of a resource that is served no more. Who asks for one later gets a new one. */
  forget(resource: Resource): void;
}

/** Tells users what happened to an object, by Events. Fire and forget: no work waits for it. */
export interface EventRecorder {
  /** Counts repeats of one event into one object, as client-go's correlator does. Never throws; drops when the API cannot be reached. */
  event(about: KubeObject, event: { type: 'Normal' | 'Warning'; reason: string; message: string; fieldPath?: string }): void;
}
