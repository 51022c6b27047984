import { createHash } from 'node:crypto';
import type { HttpAnswer, KindCatalog, ServedKind } from '../contract.ts';
import { type ApiResource, resourcesOf } from './resources-of.ts';

/** `apidiscovery.k8s.io` APIGroupDiscoveryList: all groups, versions and resources in one answer. KEP-3352. */
export function aggregated(kinds: KindCatalog, root: 'api' | 'apis', version: 'v2' | 'v2beta1'): HttpAnswer {
  const groups = [...kinds.groups()].filter(([group]) => (root === 'api' ? group === '' : group !== ''));
  const document = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: { ...(group !== '' && { name: group }), creationTimestamp: null },
      versions: versions.map((name) => ({
        version: name,
        resources: kinds.inVersion(group, name).map(discoveryOf),
        freshness: 'Current',
      })),
    })),
  };
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`;
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return { status: 200, headers: { 'content-type': type, etag, vary: 'Accept' }, body };
}

function discoveryOf(kind: ServedKind): unknown {
  const [own, ...further] = resourcesOf(kind);
  const { group, version } = kind.gvk;
  return {
    resource: own!.name,
    responseKind: { group, version, kind: own!.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: own!.singularName,
    verbs: own!.verbs,
    ...(own!.shortNames && { shortNames: own!.shortNames }),
    ...(own!.categories && { categories: own!.categories }),
    ...(further.length > 0 && { subresources: further.map((resource) => subresourceOf(kind, resource)) }),
  };
}

const subresourceOf = (kind: ServedKind, { name, kind: responseKind, verbs, group, version }: ApiResource): unknown => ({
  subresource: name.slice(name.indexOf('/') + 1),
  responseKind: { group: group ?? kind.gvk.group, version: version ?? kind.gvk.version, kind: responseKind },
  verbs,
});
