import type { Job, JobCondition } from '#api/types';

type Conditioned = Pick<Job, 'status'>;

/** `pkg/controller/job/util`: what every part means by a Job's end. */
export function jobCondition(job: Conditioned, type: string): JobCondition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type);
}

/** A condition that is there and "False" is as good as absent. */
export const hasJobCondition = (job: Conditioned, type: string): boolean => jobCondition(job, type)?.status === 'True';

/** How the Job has come to its end: Complete, or Failed. */
export const finishedCondition = (job: Conditioned): JobCondition | undefined =>
  ['Complete', 'Failed'].map((type) => jobCondition(job, type)).find((condition) => condition?.status === 'True');

/** Once true it stays so: nothing makes a finished Job go on. */
export const isJobFinished = (job: Conditioned): boolean => finishedCondition(job) !== undefined;
