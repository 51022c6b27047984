import { ApiError, deepEqual, type KubeObject } from '#api';
import type { Pod, ResourceQuota } from '#api/types';
import { type InformerFactory, resources, syncedBefore } from '#client';
import { type ControllerContext, KeyedWorkers, type Runnable } from '#controller-runtime';
import type { ServedKind } from '../served.ts';
import { reconcile } from './reconcile.ts';

/** Upstream's `--resource-quota-sync-period`. */
const resyncMs = 300_000;
const ignored = new Set(['events']);

/**
 * Keeps the status of quotas. Admission adds to it as objects are made; here is taken off what has gone, and all is counted again when a
 * quota is new or changed, and every five minutes. Creates alone cause no count: one that had not seen all of them would undo their charge.
 */
export function resourceQuotaController(
  context: ControllerContext,
  { kinds, metadata }: { kinds: readonly ServedKind[]; metadata: InformerFactory },
): Runnable {
  const { api, clock, logger, metrics } = context;
  const quotas = context.informers.informer<ResourceQuota>({ resource: resources.resourceQuotas });
  const counted = kinds
    .filter(({ namespaced, resource }) => namespaced && !ignored.has(resource.resource))
    .map(({ resource }) => ({ resource, cache: metadata.informer<KubeObject>({ resource }) }));

  async function work(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const quota = quotas.get(namespace, name);
    if (!quota) return;
    const objects = counted.map(({ resource, cache }) => ({ resource, objects: cache.list(namespace) }));
    const next = reconcile({ quota, objects }, clock.now());
    if (!next) return;
    // Bound to the version that was read: admission writes this status as well.
    const [result] = await api.writeMany([
      { verb: 'update', resource: resources.resourceQuotas, subresource: 'status', namespace, name, object: next },
    ]);
    if (result && !result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
  }

  const workers = new KeyedWorkers({ name: 'resource_quota_controller_resource_changes', clock, logger, metrics, workers: 5, work });
  const enqueue = ({ metadata: { namespace, name } }: KubeObject): void => workers.add(`${namespace}/${name}`);
  const enqueueIn = (namespace = ''): void => quotas.list(namespace).forEach(enqueue);

  return {
    name: 'resourcequota-controller',
    async run(signal) {
      if (!(await syncedBefore(signal, [quotas, ...counted.map(({ cache }) => cache)]))) return;
      const stops = [
        quotas.onChange(({ object, deleted }) => {
          if (!deleted && !deepEqual(object.spec?.hard ?? {}, object.status?.hard)) enqueue(object);
        }),
        ...counted.map(({ cache }) =>
          cache.onChange(({ object, previous, deleted }) => {
            if (deleted || (previous !== undefined && takesLess(object, previous))) enqueueIn(object.metadata.namespace);
          }),
        ),
      ];
      const working = workers.run(signal);
      for await (const _tick of clock.every(resyncMs, signal)) quotas.list().forEach(enqueue);
      await working;
      for (const stop of stops) stop();
    },
  };
}

/** A pod that has ended, or whose resources changed; a service of another type. */
function takesLess(object: KubeObject, previous: KubeObject): boolean {
  const phase = (each: KubeObject): unknown => (each as Pod).status?.phase;
  if (phase(object) !== phase(previous)) return ['Succeeded', 'Failed'].includes(String(phase(object)));
  return object.metadata.generation !== previous.metadata.generation || object.kind === 'Service';
}
