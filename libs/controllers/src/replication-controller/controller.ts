import { type KubeObject, selectorMatches } from '#api';
import type { ReplicationController } from '#api/types';
import { controllerOf } from '#controller-runtime';
import type { Caches, Controller, ObjectKey } from '#controller-runtime/contract';
import { gvks, resources } from '#objects';
import { orphanPods, podsControlledBy } from '../pods/pod-caches.ts';
import { replicaExecutors } from '../replicaset/controller.ts';
import type { Action } from '../replicaset/reconcile.ts';
import { reconcile, type Seen } from './reconcile.ts';

/** Keeps as many pods of a template as a ReplicationController asks for. */
export const replicationController: Controller<Seen, Action> = {
  name: 'replication-controller',
  queueName: 'replicationmanager',
  primary: resources.replicationControllers,
  owns: [resources.pods],
  watches: [{ resource: resources.pods, enqueue: (pod, caches) => controllersThatMayAdopt(pod, caches) }],
  observe({ namespace, name }, caches) {
    const controller = caches.informer<ReplicationController>({ resource: resources.replicationControllers }).get(namespace, name);
    return (
      controller && { controller, pods: [...podsControlledBy(caches, controller.metadata.uid ?? ''), ...orphanPods(caches, namespace)] }
    );
  },
  reconcile,
  act: replicaExecutors(resources.replicationControllers, gvks.ReplicationController),
};

function controllersThatMayAdopt(pod: KubeObject, caches: Caches): ObjectKey[] {
  const { namespace = '', labels, deletionTimestamp } = pod.metadata;
  if (controllerOf(pod) || deletionTimestamp) return [];
  return caches
    .informer<ReplicationController>({ resource: resources.replicationControllers })
    .list(namespace)
    .filter(({ spec }) => selectorMatches({ matchLabels: spec?.selector ?? {} }, labels))
    .map(({ metadata: { name = '' } }) => ({ namespace, name }));
}
