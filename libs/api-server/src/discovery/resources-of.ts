import type { KubeObject } from '#api';
import type { HttpMethod, Subresource } from '#kinds/contract';
import type { ServedKind } from '../contract.ts';
import { verbsOf } from '../catalog/kind-catalog.ts';
import { gvkOfSubresource, methodsOf } from '../catalog/subresources.ts';

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
      const gvk = gvkOfSubresource(kind, subresource);
      const foreign = gvk.group !== kind.gvk.group || gvk.version !== kind.gvk.version;
      return {
        name: `${names.plural}/${name}`,
        singularName: '',
        namespaced: kind.namespaced,
        ...(foreign && gvk.group !== '' && { group: gvk.group, version: gvk.version }),
        kind: gvk.kind,
        verbs: verbsOfSubresource(subresource),
      };
    });
  return [own, ...further];
}

const verbs: Readonly<Partial<Record<HttpMethod, string>>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const verbsOfSubresource = (subresource: Subresource<KubeObject>): string[] =>
  [...new Set(methodsOf(subresource).flatMap((method) => verbs[method] ?? []))].sort();
