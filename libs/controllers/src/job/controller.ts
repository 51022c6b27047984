import { ApiError, deepEqual, type Gvk, type KubeObject, labelMatcher } from '#api';
import type { Job, JobStatus, Pod } from '#api/types';
import type { WriteItem } from '#client';
import { adoptItem, controllerOf, controllerReference, releaseItem } from '#controller-runtime';
import type { Caches, Controller, Io, ObjectKey } from '#controller-runtime/contract';
import { gvks, resources } from '#objects';
import { createPods, deletePods } from '../pods/create-pods.ts';
import { orphanPods, podsControlledBy } from '../pods/pod-caches.ts';
import { write } from '../status.ts';
import { isTracked, trackingFinalizer } from './job-pods.ts';
import { podOfJob } from './pod-of-job.ts';
import { type Action, type JobEvent, reconcile, type Seen } from './reconcile.ts';

/** How owner references of its pods name it. */
export const jobKind: Gvk = gvks.Job;

/** Runs pods to their end, as often and as many at a time as a Job asks for, and counts each exactly once. */
export const jobController: Controller<Seen, Action> = {
  name: 'job-controller',
  queueName: 'job',
  primary: resources.jobs,
  owns: [resources.pods],
  watches: [{ resource: resources.pods, enqueue: (pod, caches) => jobsThatMayAdopt(pod, caches) }],
  observe({ namespace, name }, caches) {
    const job = caches.informer<Job>({ resource: resources.jobs }).get(namespace, name);
    return job && { job, pods: [...podsControlledBy(caches, job.metadata.uid ?? ''), ...orphanPods(caches, namespace)] };
  },
  reconcile,
  act: {
    adoptPod: async ({ job, pod }, io) => {
      const { namespace, name = '', uid } = job.metadata;
      const present = await io.api.get<Job>({ resource: resources.jobs, namespace, name });
      // The cache may be behind: a Job that is going, or another of the same name, adopts nothing.
      if (present.metadata.uid !== uid || present.metadata.deletionTimestamp) return;
      await write(
        io.api,
        withFinalizers(adoptItem(resources.pods, pod, controllerReference(job, jobKind)), [...others(pod), trackingFinalizer]),
      );
    },
    releasePod: ({ job, pod }, io) => write(io.api, withFinalizers(releaseItem(resources.pods, pod, job.metadata.uid ?? ''), others(pod))),
    dropPods: async ({ job, pods }, io) => {
      await untrackPods(io, pods);
      await deletePods(io, job, pods);
    },
    deletePods: ({ job, pods }, io) => deletePods(io, job, pods),
    createPods: async ({ job, pods, otherwise }, io) => {
      const reference = controllerReference(job, jobKind);
      try {
        const made = pods.map((pod) => podOfJob(job, pod, reference));
        await createPods(io, job, made, { first: 1 });
      } catch (err) {
        if (!deepEqual(job.status ?? {}, otherwise)) await updateStatus(io, job, otherwise);
        throw err;
      }
    },
    updateStatus: ({ job, status, events }, io) => updateStatus(io, job, status, events),
    untrackPods: ({ pods }, io) => untrackPods(io, pods),
  },
};

/** Bound to the version that was read: counters add up only where nobody else has counted meanwhile. */
async function updateStatus(io: Io, job: Job, status: JobStatus, events: readonly JobEvent[] = []): Promise<void> {
  const { namespace, name = '' } = job.metadata;
  const next: Job = { ...job, status };
  await write(io.api, { verb: 'update', resource: resources.jobs, subresource: 'status', namespace, name, object: next });
  for (const event of events) io.events.event(job, event);
}

const others = ({ metadata }: Pod): string[] => (metadata.finalizers ?? []).filter((name) => name !== trackingFinalizer);

/** Takes the finalizer away and nothing else, whatever the pod's node writes meanwhile. Pods that are gone have none. */
export async function untrackPods(io: Pick<Io, 'api'>, pods: readonly Pod[]): Promise<void> {
  const items = pods.filter(isTracked).map(({ metadata: { namespace, name = '', uid } }): WriteItem => {
    const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
    return { verb: 'patch', resource: resources.pods, namespace, name, patchType: 'application/strategic-merge-patch+json', patch };
  });
  if (items.length === 0) return;
  const results = await io.api.writeMany(items);
  for (const result of results) if (!result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
}

function withFinalizers(item: WriteItem, finalizers: string[]): WriteItem {
  if (item.verb !== 'patch') return item;
  const { metadata } = item.patch as { metadata: object };
  return { ...item, patch: { metadata: { ...metadata, finalizers } } };
}

/** A pod without a controller may be adopted by any Job of its namespace that chooses it. */
function jobsThatMayAdopt(pod: KubeObject, caches: Caches): ObjectKey[] {
  const { namespace = '', labels, deletionTimestamp } = pod.metadata;
  if (controllerOf(pod) || deletionTimestamp) return [];
  return caches
    .informer<Job>({ resource: resources.jobs })
    .list(namespace)
    .filter(({ spec }) => spec.selector && labelMatcher(spec.selector).matches(labels))
    .map(({ metadata: { name = '' } }) => ({ namespace, name }));
}
