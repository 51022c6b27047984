import { expired } from '#api';
import { keyPrefix } from '../keys.ts';
import type { Cached, Event } from './cached-object.ts';
import type { Watcher } from './watcher.ts';

/** The window of one resource holds at most so many events and so many bytes of their objects; at least the newest event. */
export interface WindowLimits {
  events: number;
  bytes: number;
}

/** The objects of one resource, in key order, its recent events, and its watchers by what they look at. */
export class Bucket {
  private readonly byKey = new Map<string, Cached>();
  private readonly sorted: Cached[] = [];
  private readonly window: Event[] = [];
  private windowHead = 0;
  private windowBytes = 0;
  /** Scope (see `scopesOf`) → watchers. */
  readonly watchers = new Map<string, Set<Watcher>>();

  constructor(
    readonly resource: string,
    /** Every event after this revision is in the window. */
    private windowStart: number,
    private readonly limits: WindowLimits,
  ) {}

  get size(): number {
    return this.byKey.size;
  }

  get(key: string): Cached | undefined {
    return this.byKey.get(key);
  }

  /** Sets, or deletes when `next` is undefined, without an event. */
  put(key: string, next: Cached | undefined): void {
    const known = this.byKey.has(key);
    if (!next && !known) return;
    // Appending is the common case: a cache is filled in key order.
    const last = this.sorted.at(-1);
    const at = last === undefined || last.key < key ? this.sorted.length : this.indexOf(key);
    if (next) {
      this.byKey.set(key, next);
      this.sorted.splice(at, known ? 1 : 0, next);
    } else {
      this.byKey.delete(key);
      this.sorted.splice(at, 1);
    }
  }

  record(event: Event): void {
    this.window.push(event);
    this.windowBytes += weightOf(event);
    while (this.window.length - this.windowHead > 1) {
      if (this.window.length - this.windowHead <= this.limits.events && this.windowBytes <= this.limits.bytes) break;
      const dropped = this.window[this.windowHead]!;
      this.windowHead++;
      this.windowBytes -= weightOf(dropped);
      this.windowStart = dropped.revision;
    }
    // Dropped in large steps, so that trimming costs nothing per event; until then the slots still hold their events.
    if (this.windowHead > 1024 && this.windowHead * 2 > this.window.length) {
      this.window.splice(0, this.windowHead);
      this.windowHead = 0;
    }
  }

  /** The events after a revision. Throws 410 Expired when some of them have left the window. */
  eventsAfter(revision: number): Event[] {
    if (revision < this.windowStart) throw expired(`too old resource version: ${revision} (${this.windowStart})`);
    return this.window.slice(this.firstAfter(revision));
  }

  list(namespace: string | undefined): Cached[] {
    if (namespace === undefined) return this.sorted.slice();
    const prefix = keyPrefix(this.resource, namespace);
    return this.sorted.slice(this.indexOf(prefix), this.indexOf(`${prefix}\uffff`));
  }

  /** The list as it was at a revision of the window: the present one with the events since then undone. */
  listAt(namespace: string | undefined, revision: number): Cached[] {
    const events = this.eventsAfter(revision);
    const present = this.list(namespace);
    if (events.length === 0) return present;
    const before = new Map<string, Cached | undefined>();
    for (const event of events) {
      if (namespace !== undefined && event.current.namespace !== namespace) continue;
      if (!before.has(event.current.key)) before.set(event.current.key, event.previous);
    }
    const untouched = present.filter((item) => !before.has(item.key));
    const restored = [...before.values()].filter((item) => item !== undefined);
    return restored.length === 0 ? untouched : [...untouched, ...restored].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  add(watcher: Watcher): void {
    let group = this.watchers.get(watcher.scope);
    if (!group) this.watchers.set(watcher.scope, (group = new Set()));
    group.add(watcher);
  }

  remove(watcher: Watcher): void {
    const group = this.watchers.get(watcher.scope);
    group?.delete(watcher);
    if (group?.size === 0) this.watchers.delete(watcher.scope);
  }

  /** Position of the first key that is not less. */
  private indexOf(key: string): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sorted[middle]!.key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private firstAfter(revision: number): number {
    let low = this.windowHead;
    let high = this.window.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.window[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const weightOf = (event: Event): number => event.current.bytes.length + (event.previous?.bytes.length ?? 0);

/** The scopes that an object belongs to: everything, its namespace, its name, itself. */
export function scopesOf({ namespace, name }: { namespace: string; name: string }): string[] {
  return ['', `${namespace}/`, `*/${name}`, `${namespace}/${name}`];
}

export function scopeOf({ namespace, name }: { namespace?: string; name?: string }): string {
  if (namespace === undefined) return name === undefined ? '' : `*/${name}`;
  return `${namespace}/${name ?? ''}`;
}
