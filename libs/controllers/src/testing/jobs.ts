import type { CronJob, Job, JobSpec, JobStatus, Pod, PodStatus } from '#api/types';
import { trackingFinalizer } from '../job/job-pods.ts';
import { pod } from './small-cluster.ts';

/** A Job as the api-server stores it. */
export function job(spec: Partial<JobSpec> = {}, rest: Partial<Job> = {}): Job {
  const labels = { 'batch.kubernetes.io/controller-uid': 'job-1' };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'default', uid: 'job-1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
    ...rest,
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: labels },
      ...spec,
      template: { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] }, ...spec.template },
    },
  };
}

export const running = (status: JobStatus = {}): JobStatus => ({
  startTime: '2026-01-01T00:00:00Z',
  ready: 0,
  terminating: 0,
  uncountedTerminatedPods: {},
  ...status,
});

/** A pod that the Job has made, and counts. */
export function podOf(name: string, status: PodStatus = {}, metadata: Partial<Pod['metadata']> & { index?: number } = {}): Pod {
  const { index, annotations, ...rest } = metadata;
  const own = {
    uid: name,
    finalizers: [trackingFinalizer],
    creationTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'job-1', controller: true, blockOwnerDeletion: true }],
    ...rest,
    annotations: { ...(index !== undefined && { 'batch.kubernetes.io/job-completion-index': String(index) }), ...annotations },
  };
  return { ...pod(name, { 'batch.kubernetes.io/controller-uid': 'job-1' }, own), status };
}

/** A status with one container that ended so. */
export const ended = (exitCode: number, finishedAt = '2026-01-01T00:01:00Z'): PodStatus => ({
  phase: exitCode === 0 ? 'Succeeded' : 'Failed',
  containerStatuses: [
    { name: 'c', ready: false, restartCount: 0, image: '', imageID: '', state: { terminated: { exitCode, finishedAt } } },
  ],
});

export function cronJob(spec: Partial<CronJob['spec']> = {}, rest: Partial<CronJob> = {}): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'c', namespace: 'default', uid: 'cron-1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      schedule: '*/10 * * * *',
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { metadata: { labels: { l: '1' }, annotations: { a: '1' } }, spec: job().spec },
      ...spec,
    },
    ...rest,
  };
}
