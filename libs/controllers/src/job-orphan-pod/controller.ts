import { ApiError, type KubeObject } from '#api';
import type { Job, Pod } from '#api/types';
import type { Api } from '#client';
import { controllerOf } from '#controller-runtime';
import type { Caches, Controller, ObjectKey } from '#controller-runtime/contract';
import { isJobFinished, resources } from '#objects';
import { untrackPods } from '../job/controller.ts';
import { isTracked } from '../job/job-pods.ts';
import { podsControlledBy } from '../pods/pod-caches.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Lets go of pods whose Job is gone, or has been counted to its end. */
export const jobOrphanPodController: Controller<Seen, Action> = {
  name: 'job-orphan-pod-controller',
  queueName: 'job_orphan_pod',
  primary: resources.pods,
  wakes: ({ object }) => isTracked(object as Pod),
  watches: [{ resource: resources.jobs, enqueue: (job, caches) => podsLeftBy(job as Job, caches) }],
  observe({ namespace, name }, caches) {
    const pod = caches.informer<Pod>({ resource: resources.pods }).get(namespace, name);
    if (!pod || !isTracked(pod)) return undefined;
    const owner = controllerOf(pod);
    const job = owner && caches.informer<Job>({ resource: resources.jobs }).get(namespace, owner.name);
    return { pod, job: job?.metadata.uid === owner?.uid ? job : undefined };
  },
  reconcile,
  act: {
    untrackPod: async ({ pod }, io) => {
      // The cache may be behind: a Job that it does not show yet counts its pods itself.
      const owner = controllerOf(pod);
      const job = owner && (await present(io.api, { namespace: pod.metadata.namespace, name: owner.name }));
      const again = reconcile({ pod, job: job?.metadata.uid === owner?.uid ? job : undefined });
      if (again.actions.length > 0) await untrackPods(io, [pod]);
    },
  },
};

async function present(api: Api, at: { namespace: string | undefined; name: string }): Promise<Job | undefined> {
  try {
    return await api.get<Job>({ resource: resources.jobs, ...at });
  } catch (err) {
    if (err instanceof ApiError && err.code === 404) return undefined;
    throw err;
  }
}

function podsLeftBy(job: Job, caches: Caches): ObjectKey[] {
  const { namespace = '', name = '', uid = '' } = job.metadata;
  const cached: KubeObject | undefined = caches.informer<Job>({ resource: resources.jobs }).get(namespace, name);
  if (cached?.metadata.uid === uid && !isJobFinished(job)) return [];
  return podsControlledBy(caches, uid)
    .filter(isTracked)
    .map(({ metadata }) => ({ namespace, name: metadata.name ?? '' }));
}
