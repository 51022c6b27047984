import { type Gvk, pageNotFound } from '#api';
import type { KindDefinition, ServedVersion, Verb } from '#kinds/contract';
import { resourceKey } from '#store';
import type { Resource, ServedKind } from '../contract.ts';

const everyVerb: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Every kind in every version that is served, found by the names that paths and objects use. */
export class ServedKinds {
  readonly all: readonly ServedKind[];
  private readonly byResource = new Map<string, ServedKind>();
  private readonly byGvk = new Map<string, ServedKind>();
  private readonly groupVersions = new Map<string, string[]>();

  constructor(definitions: readonly KindDefinition[]) {
    this.all = definitions.flatMap((definition) => [
      served(definition),
      ...(definition.alsoServed ?? []).map((v) => served(definition, v)),
    ]);
    for (const kind of this.all) {
      const { group, version, resource } = kind.resource;
      this.byResource.set(`${group}/${version}/${resource}`, kind);
      this.byGvk.set(`${kind.gvk.group}/${kind.gvk.version}/${kind.gvk.kind}`, kind);
      const versions = this.groupVersions.get(group) ?? [];
      if (!versions.includes(version)) this.groupVersions.set(group, [...versions, version]);
    }
  }

  find({ group, version, resource }: Resource): ServedKind | undefined {
    return this.byResource.get(`${group}/${version}/${resource}`);
  }

  /** Throws ApiError 404. */
  resolve(resource: Resource): ServedKind {
    const kind = this.find(resource);
    if (!kind) throw pageNotFound();
    return kind;
  }

  ofGvk({ group, version, kind }: Gvk): ServedKind | undefined {
    return this.byGvk.get(`${group}/${version}/${kind}`);
  }

  /** The groups that are served, '' first, each with its versions, the preferred one first. */
  groups(): ReadonlyMap<string, readonly string[]> {
    return this.groupVersions;
  }

  hasGroup(group: string): boolean {
    return this.groupVersions.has(group);
  }

  inVersion(group: string, version: string): readonly ServedKind[] {
    return this.all.filter((kind) => kind.resource.group === group && kind.resource.version === version);
  }
}

function served(definition: KindDefinition, version?: ServedVersion): ServedKind {
  const gvk = version?.gvk ?? definition.gvk;
  return {
    resource: { group: gvk.group, version: gvk.version, resource: definition.names.plural },
    gvk,
    namespaced: definition.scope === 'Namespaced',
    definition,
    ...(version && { version }),
    storedAs: resourceKey({ group: definition.gvk.group, resource: definition.names.plural }),
  };
}

export const verbsOf = ({ definition }: ServedKind): readonly Verb[] => definition.verbs ?? everyVerb;
