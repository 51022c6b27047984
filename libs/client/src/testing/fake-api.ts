import { alreadyExists, ApiError, conflict, expired, type KubeObject, notFound, objectModified, serviceUnavailable, timestamp } from '#api';
import type { Api, ListQuery, ObjectRef, Resource, WatchEvent, WriteItem, WriteResult } from '../contract.ts';
import { resourceKey } from '../resources.ts';

interface LogEntry {
  revision: number;
  resource: string;
  event: Exclude<WatchEvent, { type: 'bookmark' }>;
}

/**
 * An api-server reduced to what a client of it sees: objects with revisions, finalizers, a log with a window, watches that break. It
 * knows no kind: nothing is defaulted, validated or garbage-collected. Label selectors and `metadata.name` are the only selectors.
 */
export class FakeApi implements Api {
  private readonly objects = new Map<string, KubeObject>();
  private log: LogEntry[] = [];
  private revision = 1;
  private oldest = 0;
  private readonly watches = new Set<{ wake: () => void; fail?: ApiError }>();
  private readonly replies = new Map<string, (object: KubeObject) => KubeObject>();
  /** Every WriteMany as it came. */
  readonly calls: WriteItem[][] = [];
  /** While set, every call throws it. */
  failing: ApiError | undefined;
  /** Asked before each item; answering an error refuses the item. */
  refuse: (item: WriteItem) => ApiError | undefined = () => undefined;
  /** While false, watches show nothing new; `deliver` lets one resource through. */
  delivering = true;
  private readonly held = new Map<string, number>();
  now: () => Date = () => new Date('2026-01-01T00:00:00Z');

  /** Answers creates of a resource without storing anything, as reviews do. */
  answer<T extends KubeObject>(resource: Resource, reply: (object: T) => T): void {
    this.replies.set(resourceKey(resource), reply as unknown as (object: KubeObject) => KubeObject);
  }

  /** Loses every connection; with `forget`, the log no longer reaches back either. */
  disconnect({ forget = false } = {}): void {
    if (forget) {
      this.log = [];
      this.oldest = this.revision;
    }
    for (const watch of this.watches) {
      watch.fail = serviceUnavailable('connection lost');
      watch.wake();
    }
  }

  /** Shows the watches of one resource what they have missed so far. */
  deliver(resource: Resource): void {
    this.held.set(resourceKey(resource), this.revision);
    for (const watch of this.watches) watch.wake();
  }

  get watchers(): number {
    return this.watches.size;
  }

  /** Writes past all rules, as the world does: creates or replaces. */
  put<T extends KubeObject>(resource: Resource, object: T): T {
    const key = keyOf(resource, object.metadata.namespace, object.metadata.name!);
    return this.store(resource, key, object) as T;
  }

  removeNow(resource: Resource, namespace: string, name: string): void {
    const key = keyOf(resource, namespace, name);
    const object = this.objects.get(key);
    if (object) this.erase(resource, key, object);
  }

  all<T extends KubeObject>(resource: Resource, namespace?: string): T[] {
    const prefix = `${resourceKey(resource)}|${namespace === undefined ? '' : `${namespace}|`}`;
    return [...this.objects.entries()].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object as T);
  }

  async get<T extends KubeObject>({ resource, namespace, name }: ObjectRef): Promise<T> {
    if (this.failing) throw this.failing;
    const object = this.objects.get(keyOf(resource, namespace, name));
    if (!object) throw notFound(resource, name);
    return structuredClone(object) as T;
  }

  async list<T extends KubeObject>(query: ListQuery): Promise<{ items: T[]; resourceVersion: string }> {
    if (this.failing) throw this.failing;
    const items = this.all<T>(query.resource, query.namespace || undefined).filter((object) => matches(query, object));
    return { items: items.map((item) => structuredClone(item)), resourceVersion: String(this.revision) };
  }

  async *watch<T extends KubeObject>(query: ListQuery & { resourceVersion?: string }, signal: AbortSignal): AsyncIterable<WatchEvent<T>[]> {
    if (this.failing) throw this.failing;
    let position = this.revision;
    const watch: { wake: () => void; fail?: ApiError } = { wake: () => undefined };
    this.watches.add(watch);
    const abort = (): void => watch.wake();
    signal.addEventListener('abort', abort);
    try {
      if (query.resourceVersion) {
        position = Number(query.resourceVersion);
        if (position < this.oldest) throw expired('too old resource version');
      } else {
        const { items, resourceVersion } = await this.list<T>(query);
        if (items.length > 0) yield items.map((object) => ({ type: 'added', object }));
        position = Number(resourceVersion);
        yield [{ type: 'bookmark', resourceVersion }];
      }
      while (!signal.aborted) {
        if (watch.fail) throw watch.fail;
        const limit = this.delivering ? Number.POSITIVE_INFINITY : (this.held.get(resourceKey(query.resource)) ?? position);
        const events = this.since(query, position, limit);
        position = Math.max(position, Math.min(limit, this.log.at(-1)?.revision ?? position));
        if (events.length > 0) yield structuredClone(events) as WatchEvent<T>[];
        else await new Promise<void>((resolve) => (watch.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', abort);
      this.watches.delete(watch);
    }
  }

  async writeMany(items: readonly WriteItem[]): Promise<WriteResult[]> {
    if (this.failing) throw this.failing;
    this.calls.push(structuredClone([...items]));
    return items.map((item) => {
      try {
        const refused = this.refuse(item);
        if (refused) throw refused;
        const object = this.write(structuredClone(item));
        const { uid = '', resourceVersion = '' } = object.metadata;
        return { ok: true, uid, resourceVersion, ...(item.wantObject && { object: structuredClone(object) }) };
      } catch (err) {
        if (err instanceof ApiError) return { ok: false, status: err.status };
        throw err;
      }
    });
  }

  private since(query: ListQuery, position: number, limit: number): WatchEvent[] {
    const resource = resourceKey(query.resource);
    return this.log
      .filter(
        (entry) =>
          entry.revision > position && entry.revision <= limit && entry.resource === resource && matches(query, entry.event.object),
      )
      .map((entry) => entry.event);
  }

  private write(item: WriteItem): KubeObject {
    if (item.verb === 'create') return this.create(item);
    const key = keyOf(item.resource, item.namespace, item.name);
    const present = this.objects.get(key);
    if (!present) throw notFound(item.resource, item.name);
    switch (item.verb) {
      case 'delete':
        return this.delete(item, key, present);
      case 'patch':
        return this.replace(item, present, mergePatch(present, item.patch) as KubeObject);
      case 'update':
        return this.replace(item, present, item.object);
    }
  }

  private create(item: Extract<WriteItem, { verb: 'create' }>): KubeObject {
    const { resource, object, subresource } = item;
    const reply = this.replies.get(resourceKey(resource));
    if (reply) return reply(object);
    const namespace = item.namespace ?? object.metadata.namespace ?? '';
    if (subresource === 'binding') {
      const pod = this.objects.get(keyOf(resource, namespace, item.name!));
      if (!pod) throw notFound(resource, item.name!);
      const nodeName = (object as KubeObject & { target: { name: string } }).target.name;
      return this.put(resource, { ...pod, spec: { ...(pod as { spec?: object }).spec, nodeName } } as KubeObject);
    }
    const name = object.metadata.name ?? `${object.metadata.generateName}${(this.revision + 1).toString(36).padStart(5, 'x')}`;
    const key = keyOf(resource, namespace, name);
    if (this.objects.has(key)) throw alreadyExists(resource, name);
    const metadata = {
      ...object.metadata,
      ...(namespace && { namespace }),
      name,
      uid: `uid-${this.revision + 1}`,
      generation: 1,
      creationTimestamp: timestamp(this.now()),
    };
    return this.store(resource, key, { ...object, metadata });
  }

  private replace(item: WriteItem & { name: string }, present: KubeObject, wanted: KubeObject): KubeObject {
    const { resourceVersion, uid } = wanted.metadata;
    if (resourceVersion && resourceVersion !== present.metadata.resourceVersion) throw conflict(item.resource, item.name, objectModified);
    if (uid && uid !== present.metadata.uid) throw conflict(item.resource, item.name, 'Precondition failed: UID in precondition');
    const statusOf = (object: KubeObject): unknown => (object as { status?: unknown }).status;
    const next = item.subresource ? { ...present, status: statusOf(wanted) } : { ...wanted, status: statusOf(present) };
    if (next.status === undefined) delete next.status;
    const specChanged = JSON.stringify((present as { spec?: unknown }).spec) !== JSON.stringify((next as { spec?: unknown }).spec);
    const generation = (present.metadata.generation ?? 1) + (specChanged ? 1 : 0);
    const metadata = { ...(item.subresource ? present.metadata : next.metadata), uid: present.metadata.uid, generation };
    const key = keyOf(item.resource, item.namespace, item.name);
    const changed = { ...next, metadata } as KubeObject;
    if (metadata.deletionTimestamp && !metadata.finalizers?.length && metadata.deletionGracePeriodSeconds === 0) {
      return this.erase(item.resource, key, changed);
    }
    if (JSON.stringify(changed) === JSON.stringify(present)) return present;
    return this.store(item.resource, key, changed);
  }

  private delete(item: Extract<WriteItem, { verb: 'delete' }>, key: string, present: KubeObject): KubeObject {
    const { preconditions, gracePeriodSeconds, propagationPolicy } = item.options ?? {};
    if (preconditions?.uid && preconditions.uid !== present.metadata.uid) {
      throw conflict(item.resource, item.name, 'Precondition failed: UID in precondition');
    }
    const finalizers = [...(present.metadata.finalizers ?? [])];
    if (propagationPolicy === 'Foreground' && !finalizers.includes('foregroundDeletion')) finalizers.push('foregroundDeletion');
    if (propagationPolicy === 'Orphan' && !finalizers.includes('orphan')) finalizers.push('orphan');
    const running = item.resource.resource === 'pods' && Boolean((present as { spec?: { nodeName?: string } }).spec?.nodeName);
    const graceful = running && gracePeriodSeconds !== 0;
    if (finalizers.length === 0 && !graceful) return this.erase(item.resource, key, present);
    const deletionTimestamp = present.metadata.deletionTimestamp ?? timestamp(this.now());
    const deletionGracePeriodSeconds = graceful ? (gracePeriodSeconds ?? 30) : 0;
    const metadata = { ...present.metadata, finalizers, deletionTimestamp, deletionGracePeriodSeconds };
    return this.store(item.resource, key, { ...present, metadata });
  }

  private store(resource: Resource, key: string, object: KubeObject): KubeObject {
    const existed = this.objects.has(key);
    const uid = object.metadata.uid ?? this.objects.get(key)?.metadata.uid ?? `uid-${this.revision + 1}`;
    const next = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++this.revision) } };
    this.objects.set(key, next);
    this.append(resource, { type: existed ? 'modified' : 'added', object: next });
    return next;
  }

  private erase(resource: Resource, key: string, object: KubeObject): KubeObject {
    this.objects.delete(key);
    const gone = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.revision) } };
    this.append(resource, { type: 'deleted', object: gone });
    return gone;
  }

  private append(resource: Resource, event: LogEntry['event']): void {
    this.log.push({ revision: this.revision, resource: resourceKey(resource), event });
    for (const watch of this.watches) watch.wake();
  }
}

function keyOf(resource: Resource, namespace: string | undefined, name: string): string {
  return `${resourceKey(resource)}|${namespace ?? ''}|${name}`;
}

function matches({ namespace, labelSelector, fieldSelector }: ListQuery, object: KubeObject): boolean {
  if (namespace && object.metadata.namespace !== namespace) return false;
  const labels = (labelSelector ?? '').split(',').filter(Boolean);
  const name = fieldSelector?.replace('metadata.name=', '');
  return (
    (!name || object.metadata.name === name) &&
    labels.every((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return object.metadata.labels?.[key] === value;
    })
  );
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
