import { deepEqual, formatQuantity, type KubeObject, parseQuantity } from '#api';
import type { ResourceQuota } from '#api/types';
import type { Resource } from '#client';
import { quotaChooses, quotaUsage, sumUsage, type Usage } from '#objects';

export interface Seen {
  quota: ResourceQuota;
  /** Everything in the quota's namespace that may count. */
  objects: readonly { resource: Resource; objects: readonly KubeObject[] }[];
}

/** The quota as it should stand: its limits in force and what is used of them. Undefined: it stands so. */
export function reconcile({ quota, objects }: Seen, now: Date): ResourceQuota | undefined {
  const hard = quota.spec?.hard ?? {};
  const total: Usage = new Map();
  for (const { resource, objects: some } of objects) {
    for (const object of some) if (quotaChooses(quota, resource, object)) sumUsage(total, quotaUsage(resource, object, now));
  }
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, formatQuantity(total.get(name) ?? parseQuantity('0'))]));
  const status = { hard, used };
  return deepEqual(quota.status ?? {}, status) ? undefined : { ...quota, status };
}
