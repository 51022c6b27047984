import { ApiError, deepEqual, type KubeObject } from '#api';
import type { Pod, ResourceQuota } from '#api/types';
import { resourceKey } from '#client';
import type { Controller } from '#controller-runtime/contract';
import { isTerminal, resources } from '#objects';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const ignored = new Set(['events']);

/**
 * Keeps the status of quotas. Admission adds to it as objects are made; here is taken off what has gone, and all is counted again when a
 * quota is new or changed, and every five minutes. Creates alone cause no count: one that had not seen all of them would undo their charge.
 */
export const resourceQuotaController: Controller<Seen, Action> = {
  name: 'resourcequota-controller',
  queueName: 'resource_quota_controller_resource_changes',
  primary: resources.resourceQuotas,
  wakes: ({ object, previous, deleted }) => !deleted && (!previous || hasNewLimits(object as ResourceQuota)),
  // Of these the specs count, not only that they are there.
  reads: [resources.pods, resources.services, resources.persistentVolumeClaims],
  everyKind: {
    of: ({ namespaced, resource }) => namespaced && !ignored.has(resource.resource),
    joined: (_kind, caches) =>
      caches
        .informer<ResourceQuota>({ resource: resources.resourceQuotas })
        .list()
        .map(({ metadata: { namespace = '', name = '' } }) => ({ namespace, name })),
    enqueue({ object, previous, deleted }, _kind, caches) {
      if (!deleted && (previous === undefined || !takesLess(object, previous))) return [];
      const { namespace = '' } = object.metadata;
      const quotas = caches.informer<ResourceQuota>({ resource: resources.resourceQuotas }).list(namespace);
      return quotas.map(({ metadata: { name = '' } }) => ({ namespace, name }));
    },
  },
  workers: 5,
  observe({ namespace, name }, caches) {
    const quota = caches.informer<ResourceQuota>({ resource: resources.resourceQuotas }).get(namespace, name);
    if (!quota) return undefined;
    const objects = caches.kinds().map(({ kind: { resource }, cache }) => ({ resource, objects: cache.list(namespace) }));
    const known = new Set(objects.map(({ resource }) => resourceKey(resource)));
    return { quota, objects, unknown: caches.served().flatMap(({ resource }) => (known.has(resourceKey(resource)) ? [] : [resource])) };
  },
  reconcile,
  act: {
    // Bound to the version that was read: admission writes this status as well.
    async updateStatus({ quota }, io) {
      const { namespace, name = '' } = quota.metadata;
      const [result] = await io.api.writeMany([
        { verb: 'update', resource: resources.resourceQuotas, subresource: 'status', namespace, name, object: quota },
      ]);
      if (result && !result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
    },
  },
};

const hasNewLimits = ({ spec, status }: ResourceQuota): boolean => !deepEqual(spec?.hard ?? {}, status?.hard);

const ungenerated: ReadonlySet<string> = new Set(['Service', 'PersistentVolumeClaim']);

/** A pod that has ended, or whose resources changed; a service of another type. */
function takesLess(object: KubeObject, previous: KubeObject): boolean {
  const [now, before] = [object as Pod, previous as Pod];
  if (now.status?.phase !== before.status?.phase) return isTerminal(now);
  return object.metadata.generation !== previous.metadata.generation || ungenerated.has(object.kind);
}
