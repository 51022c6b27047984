import { type Gvk, type KindTypes, LayeredTypes, pageNotFound, type TypeTable } from '#api';
import type { KindDefinition, ServedVersion, Verb } from '#kinds/contract';
import { resourceKey } from '#store';
import type { AddedKind, CatalogChange, DelegatedVersion, KindCatalog, Resource, ServedKind } from '../contract.ts';
import { newestVersionFirst } from './version-order.ts';

const everyVerb: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** A catalogue of these kinds, whose types stand in this table. */
export function createKindCatalog(builtIn: { kinds: readonly KindDefinition[]; types: TypeTable }): KindCatalog {
  return new ChangingCatalog(builtIn);
}

interface Entry {
  /** One a version. */
  kinds: readonly ServedKind[];
  /** Undefined: built in. */
  types?: readonly KindTypes[];
}

class ChangingCatalog implements KindCatalog {
  readonly types: LayeredTypes;
  all: readonly ServedKind[] = [];
  /** By what they are stored as. */
  private readonly entries = new Map<string, Entry>();
  private byResource = new Map<string, ServedKind>();
  private byGvk = new Map<string, ServedKind>();
  private byVersion = new Map<string, ServedKind[]>();
  private groupVersions = new Map<string, readonly string[]>();
  private readonly delegates = new Map<string, DelegatedVersion>();
  private readonly listeners = new Set<(change: CatalogChange) => void>();
  private readonly mourners = new Map<ServedKind, Set<() => void>>();

  constructor({ kinds, types }: { kinds: readonly KindDefinition[]; types: TypeTable }) {
    this.types = new LayeredTypes(types);
    for (const definition of kinds) this.entries.set(storedAs(definition), { kinds: versionsOf(definition, false) });
    this.index();
  }

  find(resource: Resource): ServedKind | undefined {
    return this.byResource.get(resourceName(resource));
  }

  resolve(resource: Resource): ServedKind {
    const kind = this.find(resource);
    if (!kind) throw pageNotFound();
    return kind;
  }

  ofGvk(gvk: Gvk): ServedKind | undefined {
    return this.byGvk.get(nameOf(gvk));
  }

  groups(): ReadonlyMap<string, readonly string[]> {
    return this.groupVersions;
  }

  hasGroup(group: string): boolean {
    return this.groupVersions.has(group);
  }

  inVersion(group: string, version: string): readonly ServedKind[] {
    return this.byVersion.get(`${group}/${version}`) ?? [];
  }

  put({ definition, types }: AddedKind): void {
    const key = storedAs(definition);
    const before = this.entries.get(key);
    if (before && !before.types) throw new Error(`the kind ${key} is built in`);
    const kinds = versionsOf(definition, true);
    for (const { gvk } of kinds) {
      const holder = this.ofGvk(gvk);
      if (holder && holder.storedAs !== key) throw new Error(`${nameOf(gvk)} is the name of ${holder.storedAs}`);
    }
    const [taken] = this.types.taken(types, before?.types ?? []);
    if (taken) throw new Error(`${taken} is the type of another`);
    for (const { gvk } of before?.types ?? []) this.types.deleteKind(gvk);
    for (const each of types) this.types.setKind(each);
    this.entries.set(key, { kinds, types });
    this.changed({ added: kinds, removed: before?.kinds ?? [] });
  }

  remove(kind: { group: string; resource: string }): boolean {
    const key = resourceKey(kind);
    const entry = this.entries.get(key);
    if (!entry) return false;
    if (!entry.types) throw new Error(`the kind ${key} is built in`);
    for (const { gvk } of entry.types) this.types.deleteKind(gvk);
    this.entries.delete(key);
    this.changed({ added: [], removed: entry.kinds });
    return true;
  }

  delegate(version: DelegatedVersion): () => void {
    const key = `${version.group}/${version.version}`;
    this.delegates.set(key, version);
    this.changed({ added: [], removed: [] });
    return () => {
      if (this.delegates.get(key) !== version) return;
      this.delegates.delete(key);
      this.changed({ added: [], removed: [] });
    };
  }

  delegateOf(group: string, version: string): DelegatedVersion | undefined {
    return this.delegates.size === 0 ? undefined : this.delegates.get(`${group}/${version}`);
  }

  onChange(listener: (change: CatalogChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  whenGone(kind: ServedKind, listener: () => void): () => void {
    if (this.find(kind.resource) !== kind) {
      listener();
      return () => undefined;
    }
    const mourners = this.mourners.get(kind) ?? new Set();
    this.mourners.set(kind, mourners.add(listener));
    return () => mourners.delete(listener);
  }

  /** What is kept of the kinds goes first: whoever is told that one is gone may ask again at once. */
  private changed(change: CatalogChange): void {
    this.index();
    for (const listener of this.listeners) listener(change);
    for (const kind of change.removed) {
      const mourners = this.mourners.get(kind);
      this.mourners.delete(kind);
      for (const listener of mourners ?? []) listener();
    }
  }

  /** All lookups made anew: changes are seldom, and lookups are on the way of every request. */
  private index(): void {
    this.all = [...this.entries.values()].flatMap(({ kinds }) => kinds);
    this.byResource = new Map(this.all.map((kind) => [resourceName(kind.resource), kind]));
    this.byGvk = new Map(this.all.map((kind) => [nameOf(kind.gvk), kind]));
    this.byVersion = Map.groupBy(this.all, ({ gvk }) => `${gvk.group}/${gvk.version}`);
    const byGroup = Map.groupBy([...this.all.map(({ gvk }) => gvk), ...this.delegates.values()], ({ group }) => group);
    this.groupVersions = new Map(
      [...byGroup].map(([group, of]) => [group, [...new Set(of.map(({ version }) => version))].sort(newestVersionFirst)]),
    );
  }
}

const nameOf = ({ group, version, kind }: Gvk): string => `${group}/${version}/${kind}`;
const resourceName = ({ group, version, resource }: Resource): string => `${group}/${version}/${resource}`;
const storedAs = ({ gvk, names }: KindDefinition): string => resourceKey({ group: gvk.group, resource: names.plural });

const versionsOf = (definition: KindDefinition, custom: boolean): ServedKind[] =>
  [undefined, ...(definition.alsoServed ?? [])].map((version) => served(definition, version, custom));

function served(definition: KindDefinition, version: ServedVersion | undefined, custom: boolean): ServedKind {
  const gvk = version?.gvk ?? definition.gvk;
  return {
    resource: { group: gvk.group, version: gvk.version, resource: definition.names.plural },
    gvk,
    namespaced: definition.scope === 'Namespaced',
    definition,
    ...(version && { version }),
    custom,
    storedAs: storedAs(definition),
  };
}

export const verbsOf = ({ definition }: ServedKind): readonly Verb[] => definition.verbs ?? everyVerb;

/** `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`; of custom resources `apiextensions-apiserver`, customresource_handler.go. */
export const patchTypesOf = ({ custom }: ServedKind): readonly string[] => (custom ? withoutTags : everyPatch);

const withoutTags = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
const everyPatch = withoutTags.toSpliced(2, 0, 'application/strategic-merge-patch+json');
