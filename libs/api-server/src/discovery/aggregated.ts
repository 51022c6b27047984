import { createHash } from 'node:crypto';
import type { DelegatedVersion, HttpAnswer, KindCatalog, ServedKind } from '../contract.ts';
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
        resources: resourcesIn(kinds, group, name),
        freshness: 'Current',
      })),
    })),
  };
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`;
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return { status: 200, headers: { 'content-type': type, etag, vary: 'Accept' }, body };
}

function resourcesIn(kinds: KindCatalog, group: string, version: string): unknown[] {
  const delegate = kinds.delegateOf(group, version);
  return delegate ? delegatedResources(delegate) : kinds.inVersion(group, version).map(discoveryOf);
}

/** What stands below something that is not there itself gets a parent without a kind: `ConvertGroupVersionIntoToDiscovery`. */
function delegatedResources(delegate: DelegatedVersion): unknown[] {
  const { group, version } = delegate;
  const byParent = Map.groupBy(delegate.resources(), ({ name }) => name.split('/')[0]!);
  return [...byParent].map(([parent, resources]) => {
    const own = resources.find(({ name }) => name === parent);
    const further = resources.filter((each) => each !== own);
    return {
      resource: parent,
      responseKind: own ? { group, version, kind: own.kind } : { group: '', version: '', kind: '' },
      scope: resources[0]!.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: own?.singularName ?? '',
      verbs: own?.verbs ?? [],
      ...(further.length > 0 && {
        subresources: further.map(({ name, kind, verbs }) => ({
          subresource: name.slice(parent.length + 1),
          responseKind: { group, version, kind },
          verbs,
        })),
      }),
    };
  });
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
