import { emptyCounts, plainDefaults } from './plain-defaults.ts';
import { type PackageRows, readPackageRows, RowReader } from './parse-rows.ts';
import { rowTexts } from './row-texts.ts';
import type { StructSchema, TypeTable } from './schema.ts';

/** Kinds of `meta/v1` that every group version knows, beside its own. */
const everywhere = new Set('WatchEvent ListOptions GetOptions DeleteOptions CreateOptions UpdateOptions PatchOptions'.split(' '));
/** Kinds of `meta/v1` that are written as `v1`. */
const unversioned = new Set('Status List APIVersions APIGroup APIGroupList APIResourceList'.split(' '));

/** Kinds whose older version is read as the present one: `EvictionREST.AcceptsGroupVersion`. */
const olderVersions = new Map([['policy/v1beta1/Eviction', 'io.k8s.api.policy.v1.Eviction']]);

const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Types of the published definitions. Each is read when it is first asked for; then it is the same object for good. */
class BuiltinTypes implements TypeTable {
  private readonly byShortName = new Map<string, PackageRows>();
  private readonly byOpenApiName = new Map<string, PackageRows>();
  private readonly kindNames = new Map<string, string>();
  private readonly versions = new Set(['meta.k8s.io/v1']);
  private readonly reader = new RowReader(this.byShortName);
  private readonly types = new Map<string, StructSchema | undefined>();

  constructor(texts: Readonly<Record<string, string>>) {
    for (const [shortName, text] of Object.entries(texts)) {
      const rows = readPackageRows(text);
      this.byShortName.set(shortName, rows);
      this.byOpenApiName.set(rows.openApi, rows);
      this.versions.add(`${rows.group}/${rows.version}`);
      for (const kind of kindsOf(rows)) this.kindNames.set(`${rows.group}/${rows.version}/${kind}`, `${rows.openApi}.${kind}`);
    }
  }

  type(name: string): StructSchema | undefined {
    if (this.types.has(name)) return this.types.get(name);
    const dot = name.lastIndexOf('.');
    const rows = this.byOpenApiName.get(name.slice(0, dot));
    const struct = rows && withPlainDefaults(this.reader.struct(rows, name.slice(dot + 1)));
    this.types.set(name, struct);
    return struct;
  }

  kind({ group, version, kind }: { group: string; version: string; kind: string }): StructSchema | undefined {
    const name = `${group}/${version}/${kind}`;
    const own = this.kindNames.get(name) ?? olderVersions.get(name);
    if (own) return this.type(own);
    const isEverywhere = everywhere.has(kind) && this.versions.has(`${group}/${version}`);
    if (isEverywhere || (unversioned.has(kind) && group === '' && version === 'v1')) return this.type(`${metaPackage}.${kind}`);
    return undefined;
  }

  /** Every kind of the published definitions, `meta/v1` apart. */
  kinds(): { group: string; version: string; kind: string; type: string }[] {
    return [...this.byShortName.values()].flatMap((rows) =>
      rows.openApi === metaPackage
        ? []
        : kindsOf(rows).map((kind) => ({ group: rows.group, version: rows.version, kind, type: `${rows.openApi}.${kind}` })),
    );
  }

  /** Every type, in the order of the rows. */
  typeNames(): string[] {
    return [...this.byShortName.values()].flatMap((rows) =>
      [...rows.blocks.values()].filter((b) => b[0]!.startsWith('struct ')).map((b) => `${rows.openApi}.${b[0]!.split(' ')[1]}`),
    );
  }
}

/** The kinds that are types of their own; `v1` List is another name of the one in `meta/v1`. */
const kindsOf = (rows: PackageRows): string[] => rows.kinds.filter((kind) => rows.blocks.get(kind)?.[0]?.startsWith('struct '));

function withPlainDefaults(struct: StructSchema | undefined): StructSchema | undefined {
  if (!struct) return undefined;
  const defaults = plainDefaults.get(struct.name) ?? {};
  const counted = [...struct.fields.keys()].filter((name) => emptyCounts.has(`${struct.name}.${name}`));
  if (counted.length === 0 && Object.keys(defaults).length === 0) return struct;
  const fields = new Map(struct.fields);
  for (const [name, value] of Object.entries(defaults)) {
    const field = fields.get(name);
    if (!field) throw new Error(`plain defaults: ${struct.name} has no field ${name}`);
    fields.set(name, { ...field, default: value });
  }
  for (const name of counted) fields.set(name, { ...fields.get(name)!, emptyCounts: true });
  return { ...struct, fields };
}

export type { BuiltinTypes };
/** The types of Kubernetes 1.36: all stable built-in kinds, and those of `meta/v1`. */
export const builtinTypes: BuiltinTypes = new BuiltinTypes(rowTexts);
