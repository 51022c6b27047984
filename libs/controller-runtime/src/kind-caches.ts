import type { KindName, KubeObject } from '#api';
import { type InformerFactory, type KindList, resourceKey } from '#client';
import type { EveryKind, KindCache } from './contract.ts';

type Join = (joined: KindCache) => () => void;

/** The caches of every kind that a controller wants. They join when all of their objects are there, and leave when the kind is served no more. */
export class KindCaches {
  private joined: readonly KindCache[] = [];
  /** By resource: ends the wait of a kind that goes before its cache is filled. */
  private readonly wanted = new Map<string, { give: () => void }>();
  private readonly leave = new Map<string, () => void>();
  private readonly first: Promise<unknown>;
  private readonly unfollow: () => void;
  private join: Join | undefined;

  constructor(
    kinds: KindList,
    private readonly caches: InformerFactory,
    private readonly of: EveryKind['of'],
  ) {
    this.unfollow = kinds.onChange(({ added, removed }) => {
      for (const kind of removed) this.drop(kind);
      for (const kind of added) void this.add(kind);
    });
    this.first = Promise.all(kinds.all.map((kind) => this.add(kind)));
  }

  all(): readonly KindCache[] {
    return this.joined;
  }

  /** Resolves when all kinds of the beginning have joined. */
  async synced(): Promise<void> {
    await this.first;
  }

  /** Calls for each that has joined, and each that does from here on; what it answers is called when that leaves. */
  begin(join: Join): void {
    this.join = join;
    for (const each of this.joined) this.leave.set(resourceKey(each.kind.resource), join(each));
  }

  stop(): void {
    this.unfollow();
    for (const leave of this.leave.values()) leave();
  }

  private async add(kind: KindName): Promise<void> {
    if (!this.of(kind)) return;
    const key = resourceKey(kind.resource);
    const cache = this.caches.informer<KubeObject>({ resource: kind.resource });
    const gone = Promise.withResolvers<void>();
    const mine = { give: gone.resolve };
    this.wanted.set(key, mine);
    await Promise.race([cache.synced(), gone.promise]);
    if (this.wanted.get(key) !== mine) return;
    const joined = { kind, cache };
    this.joined = [...this.joined, joined];
    if (this.join) this.leave.set(key, this.join(joined));
  }

  private drop(kind: KindName): void {
    const key = resourceKey(kind.resource);
    this.wanted.get(key)?.give();
    this.wanted.delete(key);
    this.joined = this.joined.filter((each) => resourceKey(each.kind.resource) !== key);
    this.leave.get(key)?.();
    this.leave.delete(key);
    this.caches.forget(kind.resource);
  }
}
