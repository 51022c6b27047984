import type { KindName } from '#api';
import { resourceKey } from '../resources.ts';
import type { KindList, KindListChange } from '../contract.ts';

/** A list of kinds that a test changes as it likes. */
export class FakeKinds implements KindList {
  private readonly listeners = new Set<(change: KindListChange) => void>();

  constructor(public all: readonly KindName[] = []) {}

  put(kind: KindName): void {
    this.all = [...this.all, kind];
    this.tell({ added: [kind], removed: [] });
  }

  remove(kind: KindName): void {
    this.all = this.all.filter(({ resource }) => resourceKey(resource) !== resourceKey(kind.resource));
    this.tell({ added: [], removed: [kind] });
  }

  onChange(listener: (change: KindListChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async fresh(): Promise<readonly KindName[]> {
    return this.all;
  }

  private tell(change: KindListChange): void {
    for (const listener of this.listeners) listener(change);
  }
}
