import type { FieldSchema, KindTypes, StructSchema, TypeTable } from './schema.ts';

type Gvk = KindTypes['gvk'];

const keyOf = ({ group, version, kind }: Gvk): string => `${group}/${version}/${kind}`;

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/**
 * A type table that grows and shrinks while the server runs, over one that does not: what CustomResourceDefinitions need. Kinds and
 * types that it has go before those of the table below. Each kind brings the type of its lists along.
 */
export class LayeredTypes implements TypeTable {
  private readonly base: TypeTable;
  private readonly types = new Map<string, StructSchema>();
  private readonly kinds = new Map<string, StructSchema>();
  private readonly added = new Map<string, KindTypes>();

  constructor(base: TypeTable) {
    this.base = base;
  }

  type(name: string): StructSchema | undefined {
    return this.types.get(name) ?? this.base.type(name);
  }

  kind(gvk: Gvk): StructSchema | undefined {
    return this.kinds.get(keyOf(gvk)) ?? this.base.kind(gvk) ?? this.everywhere(gvk);
  }

  /** Names of types of these kinds that are taken, when `before` are gone: others may refer to what has them. */
  taken(kinds: readonly KindTypes[], before: readonly KindTypes[]): string[] {
    const free = new Set(before.flatMap(namesOf));
    const own = kinds.flatMap(namesOf);
    return own.filter((name, at) => own.indexOf(name) !== at || (!free.has(name) && this.type(name) !== undefined));
  }

  /** Adds a kind with the struct of its objects and the structs below it, or replaces what it had before. */
  setKind(kind: KindTypes): void {
    this.deleteKind(kind.gvk);
    for (const struct of structsOf(kind)) this.types.set(struct.name, struct);
    this.kinds.set(keyOf(kind.gvk), kind.root);
    this.kinds.set(keyOf(listOf(kind.gvk)), this.types.get(listName(kind))!);
    this.added.set(keyOf(kind.gvk), kind);
  }

  deleteKind(gvk: Gvk): void {
    const kind = this.added.get(keyOf(gvk));
    if (!kind) return;
    for (const { name } of structsOf(kind)) this.types.delete(name);
    for (const each of [gvk, listOf(gvk)]) this.kinds.delete(keyOf(each));
    this.added.delete(keyOf(gvk));
  }

  /** Options and watch events are kinds of every group version, of an added one too. */
  private everywhere({ group, version, kind }: Gvk): StructSchema | undefined {
    for (const { gvk } of this.added.values()) {
      if (gvk.group === group && gvk.version === version) return this.base.kind({ group: 'meta.k8s.io', version: 'v1', kind });
    }
    return undefined;
  }
}

const listOf = (gvk: Gvk): Gvk => ({ ...gvk, kind: `${gvk.kind}List` });
const listName = ({ root }: KindTypes): string => `${root.name}List`;
const structsOf = (kind: KindTypes): StructSchema[] => [kind.root, ...(kind.nested ?? []), listStruct(kind)];

const namesOf = (kind: KindTypes): string[] => structsOf(kind).map(({ name }) => name);

function listStruct(kind: KindTypes): StructSchema {
  // A kind whose fields have no numbers has no list in protobuf either.
  const numbered = (protobuf: number): Pick<FieldSchema, 'protobuf'> => (kind.root.fields.get('metadata')?.protobuf ? { protobuf } : {});
  const fields: Record<string, FieldSchema> = {
    kind: { value: { type: 'string' }, whenZero: 'drop' },
    apiVersion: { value: { type: 'string' }, whenZero: 'drop' },
    metadata: { value: { type: 'struct', of: `${meta}.ListMeta` }, whenZero: 'write', ...numbered(1) },
    items: {
      value: { type: 'list', items: { type: 'struct', of: kind.root.name }, listType: 'atomic' },
      required: true,
      whenZero: 'write',
      ...numbered(2),
    },
  };
  return { name: listName(kind), fields: new Map(Object.entries(fields)) };
}
