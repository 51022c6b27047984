import { ApiError, type KubeObject, selectorMatches } from '#api';
import type { Deployment, OwnerReference, Pod, PodDisruptionBudget, ReplicaSet, ReplicationController, StatefulSet } from '#api/types';
import { controllerOf } from '#controller-runtime';
import type { Caches, Controller, ObjectKey } from '#controller-runtime/contract';
import { resources } from '#objects';
import { podCache } from '../pods/pod-caches.ts';
import { type Action, reconcile, type Scale, type Seen, type Unscalable } from './reconcile.ts';

/** Counts the pods of each PodDisruptionBudget, which evictions then spend. */
export const disruptionController: Controller<Seen, Action> = {
  name: 'disruption-controller',
  queueName: 'disruption',
  primary: resources.podDisruptionBudgets,
  watches: [{ resource: resources.pods, enqueue: (pod, caches) => budgetsOfPod(pod, caches) }],
  reads: [resources.replicaSets, resources.replicationControllers, resources.deployments, resources.statefulSets],
  observe({ namespace, name }, caches) {
    const budget = caches.informer<PodDisruptionBudget>({ resource: resources.podDisruptionBudgets }).get(namespace, name);
    if (!budget) return undefined;
    const pods = podCache(caches)
      .list(namespace)
      .filter((pod) => chooses(budget, pod));
    return { budget, pods, scaleOf: (pod) => scaleOf(pod, caches) };
  },
  reconcile,
  act: {
    say: async ({ about, type, reason, message }, io) => io.events.event(about, { type, reason, message }),
    // Bound to the resourceVersion: evictions write this status as well, and a count without the latest one would allow one too many.
    updateStatus: async ({ budget }, io) => {
      const { namespace, name = '' } = budget.metadata;
      const item = { verb: 'update', resource: resources.podDisruptionBudgets, subresource: 'status', namespace, name } as const;
      const [result] = await io.api.writeMany([{ ...item, object: budget }]);
      if (result && !result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
    },
  },
};

/** policy/v1: an empty selector chooses every pod, none no pod. */
const chooses = ({ spec }: PodDisruptionBudget, pod: KubeObject): boolean =>
  spec?.selector !== undefined && selectorMatches(spec.selector, pod.metadata.labels);

function budgetsOfPod(pod: KubeObject, caches: Caches): ObjectKey[] {
  const { namespace = '' } = pod.metadata;
  return caches
    .informer<PodDisruptionBudget>({ resource: resources.podDisruptionBudgets })
    .list(namespace)
    .filter((budget) => chooses(budget, pod))
    .map(({ metadata }) => ({ namespace, name: metadata.name ?? '' }));
}

function unscalable({ apiVersion, kind }: OwnerReference, caches: Caches): Unscalable | 'unknown' {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const served = caches.served().find(({ gvk }) => gvk.kind === kind && gvk.group === group);
  if (!served) return 'unknown';
  return { unscalable: [served.resource.resource, ...(group ? [group] : [])].join('.') };
}

function scaleOf(pod: Pod, caches: Caches): Scale | Unscalable | 'unmanaged' | 'unknown' {
  const { namespace = '' } = pod.metadata;
  const owner = controllerOf(pod);
  if (!owner) return 'unmanaged';
  if (owner.kind === 'ReplicationController') {
    const set = caches.informer<ReplicationController>({ resource: resources.replicationControllers }).get(namespace, owner.name);
    return set?.metadata.uid === owner.uid ? { uid: owner.uid, replicas: set.spec?.replicas ?? 1 } : 'unknown';
  }
  if (owner.kind === 'StatefulSet') {
    const set = caches.informer<StatefulSet>({ resource: resources.statefulSets }).get(namespace, owner.name);
    return set?.metadata.uid === owner.uid ? { uid: owner.uid, replicas: set.spec.replicas ?? 1 } : 'unknown';
  }
  if (owner.kind !== 'ReplicaSet') return unscalable(owner, caches);
  const set = caches.informer<ReplicaSet>({ resource: resources.replicaSets }).get(namespace, owner.name);
  if (!set || set.metadata.uid !== owner.uid) return 'unknown';
  const above = controllerOf(set);
  if (above?.kind !== 'Deployment') return { uid: owner.uid, replicas: set.spec.replicas ?? 1 };
  const deployment = caches.informer<Deployment>({ resource: resources.deployments }).get(namespace, above.name);
  if (!deployment || deployment.metadata.uid !== above.uid) return 'unknown';
  return { uid: above.uid, replicas: deployment.spec.replicas ?? 1 };
}
