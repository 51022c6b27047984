import { ApiError, deepEqual, type KubeObject } from '#api';
import type { CronJob, CronJobStatus, Job } from '#api/types';
import { controllerOf } from '#controller-runtime';
import type { Caches, Controller, Io } from '#controller-runtime/contract';
import { resources } from '#objects';
import { statusItem, write } from '../status.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

/** Starts a Job at each time of a schedule. */
export const cronJobController: Controller<Seen, Action> = {
  name: 'cronjob-controller',
  queueName: 'cronjob',
  primary: resources.cronJobs,
  owns: [resources.jobs],
  observe({ namespace, name }, caches) {
    const cronJob = caches.informer<CronJob>({ resource: resources.cronJobs }).get(namespace, name);
    if (!cronJob) return undefined;
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
    return { cronJob, jobs: jobsControlledBy(caches, cronJob), localZone: timeZone };
  },
  reconcile,
  act: {
    tell: async ({ cronJob, events }, io) => events.forEach((event) => io.events.event(cronJob, event)),
    deleteJobs: async ({ cronJob, jobs }, io) => {
      for (const { namespace, name, uid } of jobs) await deleteJob(io, cronJob, { namespace, name, uid });
    },
    createJob,
    updateStatus: ({ cronJob, status }, io) => write(io.api, statusItem(resources.cronJobs, cronJob, status)),
  },
};

function jobsControlledBy(caches: Caches, { metadata: { namespace, uid } }: CronJob): readonly Job[] {
  return caches
    .informer<Job>({ resource: resources.jobs })
    .list(namespace)
    .filter((job) => controllerOf(job)?.uid === uid);
}

async function deleteJob(
  io: Io,
  cronJob: CronJob,
  { namespace, name, uid }: { namespace?: string; name: string; uid?: string },
): Promise<void> {
  const options = { propagationPolicy: 'Background', preconditions: { uid } } as const;
  const [result] = await io.api.writeMany([{ verb: 'delete', resource: resources.jobs, namespace, name, options }]);
  if (!result || (!result.ok && result.status.code === 404)) return;
  if (result.ok) return io.events.event(cronJob, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${name}` });
  io.events.event(cronJob, { type: 'Warning', reason: 'FailedDelete', message: `Deleted job: ${result.status.message}` });
  throw ApiError.fromStatus(result.status);
}

/** A Job of the name that is this CronJob's was made before the status could tell. */
async function createJob({ cronJob, job, status, otherwise }: Extract<Action, { do: 'createJob' }>, io: Io): Promise<void> {
  const { namespace, name = '' } = job.metadata;
  const [result] = await io.api.writeMany([{ verb: 'create', resource: resources.jobs, namespace, object: job, wantObject: true }]);
  if (!result) throw new Error('a write got no outcome');
  if (result.ok) {
    io.events.event(cronJob, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${name}` });
    return write(io.api, statusItem(resources.cronJobs, cronJob, withActive(status, result.object as KubeObject)));
  }
  const refused = ApiError.fromStatus(result.status);
  if (refused.reason === 'AlreadyExists') {
    const present = await io.api.get<Job>({ resource: resources.jobs, namespace, name });
    if (controllerOf(present)?.uid !== cronJob.metadata.uid) return;
    return write(io.api, statusItem(resources.cronJobs, cronJob, withActive(status, present)));
  }
  const ending = result.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating');
  if (!ending) io.events.event(cronJob, { type: 'Warning', reason: 'FailedCreate', message: `Error creating job: ${refused.message}` });
  if (!deepEqual(cronJob.status ?? {}, otherwise)) await write(io.api, statusItem(resources.cronJobs, cronJob, otherwise));
  throw refused;
}

function withActive(status: CronJobStatus, { metadata }: KubeObject): CronJobStatus {
  const { namespace, name, uid, resourceVersion } = metadata;
  const reference = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
  return { ...status, active: [...(status.active ?? []).filter((other) => other.uid !== uid), reference] };
}
