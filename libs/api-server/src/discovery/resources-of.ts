import type { Gvk } from '#api';
import type { Subresource } from '#kinds/contract';
import { gvks } from '#objects';
import type { ServedKind } from '../contract.ts';
import { verbsOf } from '../catalog/kind-catalog.ts';

/** meta/v1 APIResource. */
export interface ApiResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  group?: string;
  version?: string;
  kind: string;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
}

/** A kind and its subresources, as APIResources. */
export function resourcesOf(kind: ServedKind): ApiResource[] {
  const { names, subresources = {} } = kind.definition;
  const own: ApiResource = {
    name: names.plural,
    singularName: names.singular,
    namespaced: kind.namespaced,
    kind: kind.gvk.kind,
    verbs: [...verbsOf(kind)].sort(),
    ...(names.shortNames?.length && { shortNames: names.shortNames }),
    ...(names.categories?.length && { categories: names.categories }),
  };
  const further = Object.entries(subresources)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, subresource]): ApiResource => {
      const gvk = subresourceKind(kind, subresource as Subresource<never>);
      const foreign = gvk.group !== kind.gvk.group || gvk.version !== kind.gvk.version;
      return {
        name: `${names.plural}/${name}`,
        singularName: '',
        namespaced: kind.namespaced,
        ...(foreign && gvk.group !== '' && { group: gvk.group, version: gvk.version }),
        kind: gvk.kind,
        verbs: subresourceVerbs(name, subresource as Subresource<never>),
      };
    });
  return [own, ...further];
}

function subresourceKind(kind: ServedKind, subresource: Subresource<never>): Gvk {
  switch (subresource.do) {
    case 'scale':
      return gvks.Scale;
    case 'action':
      return subresource.body;
    default:
      return kind.gvk;
  }
}

const connectVerbs: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function subresourceVerbs(name: string, subresource: Subresource<never>): string[] {
  switch (subresource.do) {
    case 'action':
      return ['create'];
    case 'connect':
      return [...new Set(subresource.methods.map((method) => connectVerbs[method]).filter((verb) => verb !== undefined))].sort();
    case 'view':
      return name === 'finalize' ? ['update'] : ['get', 'patch', 'update'];
    default:
      return ['get', 'patch', 'update'];
  }
}
