import {
  alreadyExists,
  ApiError,
  badRequest,
  deepEqual,
  expired,
  type KubeObject,
  notFound,
  parseFieldSelector,
  parseLabelSelector,
  serviceUnavailable,
} from '#api';
import { lookUp } from '#base';
import type { Api, ListQuery, ObjectRef, Resource, WatchEvent, WriteItem, WriteResult } from '../contract.ts';
import { resourceKey } from '../resources.ts';
import { bound, checkPreconditions, identified, isOver, markedForDeletion, namespaceOf, patched, replaced } from './write-rules.ts';

interface LogEntry {
  revision: number;
  resource: string;
  event: Exclude<WatchEvent, { type: 'bookmark' }>;
  previous: KubeObject | undefined;
}

/**
 * An api-server reduced to what a client of it sees: objects with revisions, finalizers, a log with a window, watches that break. It
 * knows no kind: nothing is defaulted, validated or garbage-collected. `apiConformance` holds it to what a real one does.
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
    const chosen = selecting(query);
    const items = this.all<T>(query.resource, query.namespace || undefined)
      .filter(chosen)
      .toSorted(byName);
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
        const { resourceVersion } = query;
        if (!/^\d+$/.test(resourceVersion)) throw badRequest(`invalid resourceVersion: ${JSON.stringify(resourceVersion)}`);
        position = Number(resourceVersion);
        if (position < this.oldest) throw expired(`too old resource version: ${position} (${this.oldest})`);
        yield [{ type: 'bookmark', resourceVersion }];
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
    const chosen = selecting(query);
    return this.log
      .filter((entry) => entry.revision > position && entry.revision <= limit && entry.resource === resource)
      .flatMap((entry) => selected(entry, chosen));
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
        return this.replace(item, present, patched(present, item));
      case 'update':
        return this.replace(item, present, item.object);
    }
  }

  private create(item: Extract<WriteItem, { verb: 'create' }>): KubeObject {
    const { resource, object, subresource } = item;
    const reply = this.replies.get(resourceKey(resource));
    if (reply) return reply(object);
    const namespace = namespaceOf(object, item.namespace);
    if (subresource === 'binding') {
      const pod = this.objects.get(keyOf(resource, namespace, item.name!));
      if (!pod) throw notFound(resource, item.name!);
      return this.put(resource, bound(pod, object, this.now()));
    }
    const made = identified(object, { namespace, serial: this.revision + 1, now: this.now() });
    const key = keyOf(resource, namespace, made.metadata.name!);
    if (this.objects.has(key)) throw alreadyExists(resource, made.metadata.name!);
    return this.store(resource, key, made);
  }

  private replace(item: WriteItem & { name: string }, present: KubeObject, wanted: KubeObject): KubeObject {
    const key = keyOf(item.resource, item.namespace, item.name);
    const next = replaced(item, present, wanted);
    if (isOver(next)) return this.erase(item.resource, key, next);
    return deepEqual(next, present) ? present : this.store(item.resource, key, next);
  }

  private delete(item: Extract<WriteItem, { verb: 'delete' }>, key: string, present: KubeObject): KubeObject {
    checkPreconditions(item, present);
    const marked = markedForDeletion(present, item.options ?? {}, this.now());
    if (!marked) return this.erase(item.resource, key, present);
    return deepEqual(marked, present) ? present : this.store(item.resource, key, marked);
  }

  private store(resource: Resource, key: string, object: KubeObject): KubeObject {
    const previous = this.objects.get(key);
    const uid = object.metadata.uid ?? previous?.metadata.uid ?? `uid-${this.revision + 1}`;
    const next = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++this.revision) } };
    this.objects.set(key, next);
    this.append(resource, { type: previous ? 'modified' : 'added', object: next }, previous);
    return next;
  }

  private erase(resource: Resource, key: string, object: KubeObject): KubeObject {
    this.objects.delete(key);
    const gone = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.revision) } };
    this.append(resource, { type: 'deleted', object: gone }, object);
    return gone;
  }

  private append(resource: Resource, event: LogEntry['event'], previous: KubeObject | undefined): void {
    this.log.push({ revision: this.revision, resource: resourceKey(resource), event, previous });
    for (const watch of this.watches) watch.wake();
  }
}

function keyOf(resource: Resource, namespace: string | undefined, name: string): string {
  return `${resourceKey(resource)}|${namespace ?? ''}|${name}`;
}

const byName = (a: KubeObject, b: KubeObject): number => {
  const [x, y] = [a, b].map(({ metadata: { namespace = '', name = '' } }) => `${namespace}/${name}`);
  return x! < y! ? -1 : 1;
};

function selecting({ namespace, labelSelector = '', fieldSelector = '' }: ListQuery): (object: KubeObject) => boolean {
  const [labels, fields] = [parseLabelSelector(labelSelector), parseFieldSelector(fieldSelector)];
  return (object) =>
    (!namespace || object.metadata.namespace === namespace) &&
    labels.matches(object.metadata.labels) &&
    fields.matches((field) => textAt(object, field));
}

function textAt(object: unknown, path: string): string {
  const value = path.split('.').reduce((at: unknown, part) => lookUp(at as Record<string, unknown> | undefined, part), object);
  return ['string', 'number', 'boolean'].includes(typeof value) ? `${value as string | number | boolean}` : '';
}

/** What a watch of a selection shows of a change: what comes into it was added, what leaves it is deleted. */
function selected({ event, previous }: LogEntry, chosen: (object: KubeObject) => boolean): WatchEvent[] {
  const [is, was] = [event.type !== 'deleted' && chosen(event.object), previous !== undefined && chosen(previous)];
  if (!is && !was) return [];
  if (is) return [{ type: was ? 'modified' : 'added', object: event.object }];
  if (event.type === 'deleted') return [event];
  const { resourceVersion } = event.object.metadata;
  return [{ type: 'deleted', object: { ...previous!, metadata: { ...previous!.metadata, resourceVersion } } }];
}
