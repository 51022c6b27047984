import { keyPrefix } from '../keys.ts';
import type { Cached } from './cached-object.ts';
import type { EventWindow } from './event-window.ts';
import type { Watcher } from './watcher.ts';

/** The objects of one resource, in key order, its recent events, and its watchers by what they look at. */
export class Bucket {
  private readonly byKey = new Map<string, Cached>();
  private readonly sorted: Cached[] = [];
  /** Scope (see `scopesOf`) → watchers. */
  readonly watchers = new Map<string, Set<Watcher>>();

  constructor(
    readonly resource: string,
    readonly window: EventWindow,
  ) {}

  /** Objects, not events. */
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

  /** A copy, in key order: the caller may keep it while the bucket changes. Of a namespace two searches find both ends. */
  list(namespace: string | undefined): Cached[] {
    if (namespace === undefined) return this.sorted.slice();
    const prefix = keyPrefix(this.resource, namespace);
    return this.sorted.slice(this.indexOf(prefix), this.indexOf(`${prefix}\uffff`));
  }

  /** The list as it was at a revision of the window: the present one with the events since then undone. */
  listAt(namespace: string | undefined, revision: number): Cached[] {
    const events = this.window.after(revision);
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

  /** From the next event on; what is in the window is for the caller to deliver. */
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
}
