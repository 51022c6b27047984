import type { CronJob } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { applyTemplateDefaults } from '../../core/pod/defaults.ts';
import { jobSpecWarnings, nameWarnings } from '../job/strategy.ts';

/** Of the Job in it only the pods get their defaults; the rest comes when it is made. */
export function applyCronJobDefaults(cronJob: CronJob): CronJob {
  const jobSpec = cronJob.spec?.jobTemplate?.spec;
  if (!jobSpec) return cronJob;
  const spec = { ...jobSpec, template: applyTemplateDefaults(jobSpec.template) };
  return { ...cronJob, spec: { ...cronJob.spec, jobTemplate: { ...cronJob.spec.jobTemplate, spec } } };
}

export const strategy: Strategy<CronJob> = {
  prepareForCreate: (cronJob) => ({ ...cronJob, status: {} }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
  generationOf: ({ spec }) => spec,
  warnings: ({ metadata, spec }, previous) => [
    ...(previous ? [] : nameWarnings(metadata.name)),
    ...jobSpecWarnings(spec?.jobTemplate?.spec, 'spec.jobTemplate.spec'),
  ],
};

export const prepareStatus = (next: CronJob, previous: CronJob): CronJob => ({ ...next, spec: previous.spec });
