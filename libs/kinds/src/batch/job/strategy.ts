import { isDns1123Label } from '#api';
import type { Job, JobSpec } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { applyTemplateDefaults } from '../../core/pod/defaults.ts';
import { templateWarnings } from '../../core/pod/warnings.ts';
import { controllerUidLabel, controllerUidLabels, jobNameLabels } from './labels.ts';

const unlimited = 2 ** 31 - 1;
const manyCompletions = 100_000;
const muchParallelism = 10_000;

/** `k8s.io/kubernetes/pkg/apis/batch/v1`, SetDefaults_Job: what depends on other fields. */
export function applyJobDefaults(job: Job): Job {
  const { spec } = job;
  if (!spec) return job;
  const alone = spec.completions === undefined && spec.parallelism === undefined;
  return withLabels({
    ...job,
    spec: {
      ...spec,
      ...(alone && { completions: 1 }),
      parallelism: spec.parallelism ?? 1,
      backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : unlimited),
      completionMode: spec.completionMode ?? 'NonIndexed',
      suspend: spec.suspend ?? false,
      manualSelector: spec.manualSelector ?? false,
      podReplacementPolicy: spec.podReplacementPolicy ?? (spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'),
      template: applyTemplateDefaults(spec.template),
    },
  });
}

/** A Job without labels takes its template's. */
function withLabels(job: Job): Job {
  const labels = job.spec.template?.metadata?.labels;
  if (!labels || Object.keys(job.metadata.labels ?? {}).length > 0) return job;
  return { ...job, metadata: { ...job.metadata, labels } };
}

/** Makes a selector that no other Job has, and labels for it; those that the user set are left for validation to refuse. */
function withSelector(job: Job): Job {
  const { metadata, spec } = job;
  if (!spec || spec.manualSelector) return job;
  const { name = '', uid = '' } = metadata;
  const { template, selector } = spec;
  const labels = Object.fromEntries([
    ...jobNameLabels.map((label) => [label, name] as const),
    ...controllerUidLabels.map((label) => [label, uid] as const),
    ...Object.entries(template?.metadata?.labels ?? {}),
  ]);
  return {
    ...job,
    spec: {
      ...spec,
      selector: { ...selector, matchLabels: { [controllerUidLabel]: uid, ...selector?.matchLabels } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}

/** `pkg/registry/batch/job/strategy.go`. The selector is made of the uid, so it needs the object to have one. */
export const strategy: Strategy<Job> = {
  prepareForCreate: (job) => withLabels({ ...withSelector(job), status: {} }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
  generationOf: ({ spec }) => spec,
  warnings: ({ metadata, spec }, previous) => [...(previous ? [] : nameWarnings(metadata.name)), ...jobSpecWarnings(spec, 'spec')],
  // As ever in batch/v1, for compatibility.
  defaultPropagation: 'Orphan',
  deletionWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
};

export const prepareStatus = (next: Job, previous: Job): Job => ({ ...next, spec: previous.spec });

/** Longer names are allowed, since they always were; pods named after them may not get a hostname. */
export function nameWarnings(name = ''): string[] {
  const complaints = isDns1123Label(name);
  if (complaints.length === 0) return [];
  const use = 'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: ${use}: [${complaints.join(' ')}]`];
}

/** Also of a CronJob's template, at its path. */
export function jobSpecWarnings(spec: JobSpec | undefined, path: string): string[] {
  const large = (spec?.completions ?? 0) > manyCompletions && (spec?.parallelism ?? 0) > muchParallelism;
  const many =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
  return [
    ...(spec?.completionMode === 'Indexed' && large ? [`${path}: ${many}`] : []),
    ...templateWarnings(spec?.template, `${path}.template`),
  ];
}
