import { lookUp } from '#base';
import { deepEqual, formatQuantity, type KubeObject, parseQuantity } from '#api';
import type { ResourceQuota } from '#api/types';
import type { Resource } from '#client';
import type { Plan } from '#controller-runtime/contract';
import { objectCountName, quotaChooses, quotaUsage, sumUsage, type Usage } from '#objects';

/** One quota and everything that it may count. */
export interface Seen {
  quota: ResourceQuota;
  /** Everything in the quota's namespace that may count. */
  objects: readonly { resource: Resource; objects: readonly KubeObject[] }[];
  /** Served, but not read yet: what is used of them stays as it was. */
  unknown: readonly Resource[];
}

/**
 * Admission charges a write at once, so the status only drifts by what goes without being asked (deletions, pods that end). This mends it.
 */
export interface Action {
  do: 'updateStatus';
  /** As it should stand: its limits in force and what is used of them. */
  quota: ResourceQuota;
}

/** Upstream's `--resource-quota-sync-period`. */
const resyncMs = 300_000;

/** Counts again what a quota limits. */
export function reconcile({ quota, objects, unknown }: Seen, now: Date): Plan<Action> {
  const hard = quota.spec?.hard ?? {};
  const total: Usage = new Map();
  for (const { resource, objects: some } of objects) {
    for (const object of some) if (quotaChooses(quota, resource, object)) sumUsage(total, quotaUsage(resource, object, now));
  }
  const kept = new Set(unknown.map(objectCountName));
  const before = quota.status?.used ?? {};
  const used = Object.fromEntries(
    Object.keys(hard).map((name) => [
      name,
      (kept.has(name) && lookUp(before, name)) || formatQuantity(total.get(name) ?? parseQuantity('0')),
    ]),
  );
  const status = { hard, used };
  const stands = deepEqual(quota.status ?? {}, status);
  return { actions: stands ? [] : [{ do: 'updateStatus', quota: { ...quota, status } }], requeueAfterMs: resyncMs };
}
