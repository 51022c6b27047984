import { type Gvk, type KubeObject, labelMatcher, timestamp } from '#api';
import type { Pod, ReplicaSet, ReplicaSetStatus } from '#api/types';
import type { Resource } from '#client';
import { adoptItem, controllerOf, controllerReference, releaseItem } from '#controller-runtime';
import type { Caches, Controller, Executors, Io, ObjectKey } from '#controller-runtime/contract';
import { createPods, deletePods, podFromTemplate } from '../pods/create-pods.ts';
import { orphanPods, podsControlledBy } from '../pods/pod-caches.ts';
import { gvks, isActive, resources } from '#objects';
import { statusItem, write } from '../status.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

export const replicaSetKind: Gvk = gvks.ReplicaSet;

/** Keeps as many pods of a template as a ReplicaSet asks for. */
export const replicaSetController: Controller<Seen, Action> = {
  name: 'replicaset-controller',
  queueName: 'replicaset',
  primary: resources.replicaSets,
  owns: [resources.pods],
  watches: [{ resource: resources.pods, enqueue: (pod, caches) => setsThatMayAdopt(pod, caches) }],
  observe({ namespace, name }, caches) {
    const set = caches.informer<ReplicaSet>({ resource: resources.replicaSets }).get(namespace, name);
    if (!set) return undefined;
    const pods = [...podsControlledBy(caches, set.metadata.uid ?? ''), ...orphanPods(caches, namespace)];
    return { set, pods, related: relatedPods(set, caches) };
  },
  reconcile,
  act: replicaExecutors(resources.replicaSets, replicaSetKind),
};

/** What is done for a set, of whichever kind that keeps replicas. */
export function replicaExecutors(resource: Resource, kind: Gvk): Executors<Action> {
  return {
    adoptPod: async ({ set, pod }, io) => {
      const present = await io.api.get({ resource, ...nameOf(set) });
      // The cache may be behind: a set that is going, or another of the same name, adopts nothing.
      if (present.metadata.uid !== set.metadata.uid || present.metadata.deletionTimestamp) return;
      await write(io.api, adoptItem(resources.pods, pod, controllerReference(set, kind)));
    },
    releasePod: ({ set, pod }, io) => write(io.api, releaseItem(resources.pods, pod, set.metadata.uid ?? '')),
    createPods: ({ set, count, cautious, status }, io) =>
      orFail({ reason: 'FailedCreate', resource, set, status, io }, () => {
        if (!set.spec.template) return Promise.resolve();
        const pod = podFromTemplate(set, set.spec.template, controllerReference(set, kind));
        const pods = Array.from({ length: count }, () => pod);
        return createPods(io, set, pods, { first: cautious ? 1 : count });
      }),
    deletePods: ({ set, pods, status }, io) =>
      orFail({ reason: 'FailedDelete', resource, set, status, io }, () => deletePods(io, set, pods)),
    updateStatus: ({ set, status }, io) => write(io.api, statusItem(resource, set, status)),
  };
}

interface Attempt {
  reason: 'FailedCreate' | 'FailedDelete';
  resource: Resource;
  set: ReplicaSet;
  status: ReplicaSetStatus;
  io: Io;
}

/**
 * Shows a failure as the condition ReplicaFailure, which a Deployment takes over, and passes it on. The first one stays until it is over:
 * each names another pod, and a status that changes with every attempt would bring on the next at once.
 */
async function orFail({ reason, resource, set, status, io }: Attempt, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (err) {
    const message = err instanceof Error ? err.message : String(err);
    if (!status.conditions?.some(({ type }) => type === 'ReplicaFailure')) {
      const condition = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(io.now()), reason, message };
      const conditions = [...(status.conditions ?? []), condition];
      await write(io.api, statusItem(resource, set, { ...status, conditions }));
    }
    throw err;
  }
}

function nameOf({ metadata: { namespace, name = '' } }: KubeObject): { namespace?: string; name: string } {
  return { namespace, name };
}

/** A pod without a controller may be adopted by any set of its namespace that chooses it. */
function setsThatMayAdopt(pod: KubeObject, caches: Caches): ObjectKey[] {
  const { namespace = '' } = pod.metadata;
  if (controllerOf(pod) || pod.metadata.deletionTimestamp) return [];
  return caches
    .informer<ReplicaSet>({ resource: resources.replicaSets })
    .list(namespace)
    .filter((set) => labelMatcher(set.spec.selector).matches(pod.metadata.labels))
    .map((set) => ({ namespace, name: set.metadata.name ?? '' }));
}

function relatedPods(set: ReplicaSet, caches: Caches): readonly Pod[] {
  const owner = controllerOf(set);
  const sets = owner
    ? caches
        .informer<ReplicaSet>({ resource: resources.replicaSets })
        .list(set.metadata.namespace)
        .filter((other) => controllerOf(other)?.uid === owner.uid)
    : [set];
  return sets.flatMap((other) => podsControlledBy(caches, other.metadata.uid ?? '')).filter(isActive);
}
