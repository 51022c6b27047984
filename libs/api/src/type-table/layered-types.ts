import type { StructSchema, TypeTable } from './schema.ts';

interface Kind {
  group: string;
  version: string;
  kind: string;
}

const keyOf = ({ group, version, kind }: Kind): string => `${group}/${version}/${kind}`;

/**
 * A type table that grows and shrinks while the server runs, over one that does not: what CustomResourceDefinitions need. Kinds and
 * types that it has go before those of the table below.
 */
export class LayeredTypes implements TypeTable {
  private readonly base: TypeTable;
  private readonly types = new Map<string, StructSchema>();
  private readonly kinds = new Map<string, { type: string; owned: readonly string[] }>();

  constructor(base: TypeTable) {
    this.base = base;
  }

  type(name: string): StructSchema | undefined {
    return this.types.get(name) ?? this.base.type(name);
  }

  kind(gvk: Kind): StructSchema | undefined {
    const added = this.kinds.get(keyOf(gvk));
    return added ? this.types.get(added.type) : this.base.kind(gvk);
  }

  /** Adds a kind with the struct of its objects and the structs below it, or replaces what it had before. */
  setKind(gvk: Kind, root: StructSchema, nested: readonly StructSchema[] = []): void {
    this.deleteKind(gvk);
    for (const struct of [root, ...nested]) this.types.set(struct.name, struct);
    this.kinds.set(keyOf(gvk), { type: root.name, owned: [root, ...nested].map((struct) => struct.name) });
  }

  deleteKind(gvk: Kind): void {
    for (const name of this.kinds.get(keyOf(gvk))?.owned ?? []) this.types.delete(name);
    this.kinds.delete(keyOf(gvk));
  }
}
