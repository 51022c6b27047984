import type { ListQuery, Resource } from './contract.ts';

const core = (resource: string): Resource => ({ group: '', version: 'v1', resource });
const apps = (resource: string): Resource => ({ group: 'apps', version: 'v1', resource });

/** The resources that the system's own parts read and write, by their plural names. */
export const resources = {
  bindings: core('bindings'),
  configMaps: core('configmaps'),
  endpoints: core('endpoints'),
  events: core('events'),
  namespaces: core('namespaces'),
  nodes: core('nodes'),
  pods: core('pods'),
  secrets: core('secrets'),
  serviceAccounts: core('serviceaccounts'),
  resourceQuotas: core('resourcequotas'),
  services: core('services'),
  controllerRevisions: apps('controllerrevisions'),
  deployments: apps('deployments'),
  replicaSets: apps('replicasets'),
  cronJobs: { group: 'batch', version: 'v1', resource: 'cronjobs' },
  jobs: { group: 'batch', version: 'v1', resource: 'jobs' },
  endpointSlices: { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' },
  podDisruptionBudgets: { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' },
  leases: { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' },
  subjectAccessReviews: { group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' },
  tokenReviews: { group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' },
} as const satisfies Record<string, Resource>;

/** `apps/v1/deployments`: one text per resource, for maps and logs. */
export function resourceKey({ group, version, resource }: Resource): string {
  return `${group}/${version}/${resource}`;
}

/** One text per list that can be cached. */
export function queryKey({ resource, namespace, labelSelector, fieldSelector }: ListQuery): string {
  return [resourceKey(resource), namespace, labelSelector, fieldSelector].join('|');
}
