import { ApiError, type KindName, timeout } from '#api';
import { Backoff, type Clock } from '#base';
import type { Logger } from '#telemetry';
import type { KindList, KindListChange, KindSource, KindEntry } from '../contract.ts';
import { resourceKey } from '../resources.ts';

export interface FollowedKindsOptions {
  source: KindSource;
  clock: Clock;
  logger: Logger;
}

/** The kinds whose objects are kept, as the api-server says while it runs. What it said last holds while it cannot be reached. */
export class FollowedKinds implements KindList {
  all: readonly KindName[] = [];
  private readonly byKey = new Map<string, KindName>();
  private readonly listeners = new Set<(change: KindListChange) => void>();
  private readonly known = Promise.withResolvers<void>();
  private readonly backoff = new Backoff<'kinds'>(50, 5_000);

  constructor(private readonly options: FollowedKindsOptions) {}

  synced(): Promise<void> {
    return this.known.promise;
  }

  onChange(listener: (change: KindListChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async fresh(): Promise<readonly KindName[]> {
    const asked = new AbortController();
    try {
      for await (const kinds of this.options.source.kinds(asked.signal)) return kinds.filter(isKept);
      throw timeout('the api-server did not say which kinds there are');
    } finally {
      asked.abort();
    }
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, clock, logger } = this.options;
    while (!signal.aborted) {
      try {
        for await (const kinds of source.kinds(signal)) {
          this.take(kinds);
          this.backoff.reset('kinds');
        }
      } catch (err) {
        if (signal.aborted) return;
        if (!(err instanceof ApiError)) throw err;
        const waitMs = this.backoff.nextMs('kinds');
        logger.debug({ err, waitMs }, 'the list of kinds ended, asking for it again');
        await clock.sleep(waitMs, signal).catch(() => undefined); // aborted: the loop's condition ends it
      }
    }
  }

  private take(kinds: readonly KindEntry[]): void {
    const present = new Map(kinds.filter(isKept).map((kind) => [keyOf(kind), kind]));
    const removed = [...this.byKey].filter(([key]) => !present.has(key));
    const added = [...present].filter(([key]) => !this.byKey.has(key));
    for (const [key] of removed) this.byKey.delete(key);
    for (const [key, { gvk, resource, namespaced }] of added) this.byKey.set(key, { gvk, resource, namespaced });
    this.all = [...this.byKey.values()];
    this.known.resolve();
    if (added.length + removed.length === 0) return;
    const change = { added: added.map(([key]) => this.byKey.get(key)!), removed: removed.map(([, kind]) => kind) };
    for (const listener of this.listeners) listener(change);
  }
}

/** A kind that is served anew under other names, or elsewhere, is another. */
const keyOf = ({ gvk, resource, namespaced }: KindName): string => `${resourceKey(resource)} ${gvk.kind} ${namespaced}`;

/** Reviews are only created. */
const isKept = ({ verbs }: KindEntry): boolean => ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb));
