import { ApiError } from '#api';
import type { Job } from '#api/types';
import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Takes finished Jobs away when their time is over. */
export const ttlAfterFinishedController: Controller<Seen, Action> = {
  name: 'ttl-after-finished-controller',
  queueName: 'ttl_jobs_to_delete',
  primary: resources.jobs,
  observe: ({ namespace, name }, caches) => caches.informer<Job>({ resource: resources.jobs }).get(namespace, name),
  reconcile,
  act: {
    deleteJob: async ({ job }, io) => {
      const { namespace, name = '', uid, resourceVersion } = job.metadata;
      // Bound to the version that was read: somebody may have changed the time meanwhile.
      const options = { propagationPolicy: 'Foreground', preconditions: { uid, resourceVersion } } as const;
      const [result] = await io.api.writeMany([{ verb: 'delete', resource: resources.jobs, namespace, name, options }]);
      if (result && !result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
    },
  },
};
