import type { ListQuery, Resource } from './contract.ts';

/** `apps/v1/deployments`: one text per resource, for maps and logs. */
export function resourceKey({ group, version, resource }: Resource): string {
  return `${group}/${version}/${resource}`;
}

/** One text per list that can be cached. */
export function queryKey({ resource, namespace, labelSelector, fieldSelector }: ListQuery): string {
  return [resourceKey(resource), namespace, labelSelector, fieldSelector].join('|');
}
