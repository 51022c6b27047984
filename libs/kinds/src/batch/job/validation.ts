import { lookUp } from '#base';
import {
  type FieldError,
  invalidValue,
  isDns1123Label,
  isDomainPrefixedPath,
  notSupported,
  required,
  selectorMatches,
  tooLong,
  validateLabelSelector,
} from '#api';
import type { Job, JobSpec } from '#api/types';
import { validatePodTemplate } from '../../core/pod/template.ts';
import { nonNegative } from '../../rules/checks.ts';
import { isUsableSelector } from '../../rules/labels.ts';
import { controllerUidLabels, jobNameLabels } from './labels.ts';
import { validatePodFailurePolicy, validatePodReplacementPolicy, validateSuccessPolicy } from './policies.ts';

const maxParallelism = 100_000;
const maxFailedIndexes = 100_000;
/** Above so many completions, statuses would grow too large unless failures are few. */
const manyCompletions = 100_000;
const maxOfMany = 10_000;
const maxManagedByBytes = 63;

export function validateJob(job: Job): FieldError[] {
  const { spec, metadata } = job;
  return [...validateGeneratedSelector(job), ...validateWithSelector(spec), ...validateHostName(metadata.name ?? '', spec)];
}

/** Unless the user said to choose for himself, selector and labels are what the server makes of uid and name. */
function validateGeneratedSelector({ metadata, spec }: Job): FieldError[] {
  if (!spec || spec.manualSelector || !spec.selector) return [];
  const { name = '', uid = '' } = metadata;
  const generated = Object.fromEntries([
    ...controllerUidLabels.map((label) => [label, uid] as const),
    ...jobNameLabels.map((label) => [label, name] as const),
  ]);
  const labels = spec.template?.metadata?.labels ?? {};
  const path = 'spec.template.metadata.labels';
  return [
    ...(uid === '' ? [required('metadata.uid')] : []),
    ...Object.entries(generated).flatMap(([label, value]) => {
      const present = lookUp(labels, label);
      if (present === undefined) return [required(`${path}[${label}]`, `must be '${value}'`)];
      return present === value ? [] : [invalidValue(`${path}[${label}]`, labels, `must be '${value}'`)];
    }),
    ...(isUsableSelector(spec.selector) && !selectorMatches(spec.selector, generated)
      ? [invalidValue('spec.selector', spec.selector, '`selector` not auto-generated')]
      : []),
  ];
}

function validateWithSelector(spec: JobSpec | undefined): FieldError[] {
  const { selector, template } = spec ?? {};
  const labels = template?.metadata?.labels;
  const mismatch = !selector || (isUsableSelector(selector) && !selectorMatches(selector, labels));
  return [
    ...validateJobSpec(spec, 'spec'),
    ...(selector ? validateLabelSelector(selector, 'spec.selector') : [required('spec.selector')]),
    ...(mismatch ? [invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')] : []),
  ];
}

/** Each pod is called by the job's name and its index; better to know now that the last one cannot be. */
function validateHostName(name: string, spec: JobSpec | undefined): FieldError[] {
  if (spec?.completionMode !== 'Indexed' || !spec.completions || spec.completions < 0) return [];
  const hostName = `${name}-${spec.completions - 1}`;
  if (isDns1123Label(hostName).length === 0) return [];
  return [invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${hostName}`)];
}

/** What a Job and the template of a CronJob have in common. */
export function validateJobSpec(spec: JobSpec | undefined, path: string): FieldError[] {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  return [
    ...counts.flatMap((name) => nonNegative(spec?.[name], `${path}.${name}`)),
    ...(spec?.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
      : []),
    ...validateManagedBy(spec?.managedBy, `${path}.managedBy`),
    ...(spec ? validateCompletionMode(spec, path) : []),
    ...(spec?.podFailurePolicy ? validatePodFailurePolicy(spec, `${path}.podFailurePolicy`) : []),
    ...(spec?.successPolicy ? validateSuccessPolicy(spec, `${path}.successPolicy`) : []),
    ...(spec ? validatePodReplacementPolicy(spec, `${path}.podReplacementPolicy`) : []),
    ...validatePodTemplate(spec?.template, `${path}.template`),
    ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ];
}

function validateManagedBy(value: string | undefined, field: string): FieldError[] {
  if (value === undefined) return [];
  const length = Buffer.byteLength(value) > maxManagedByBytes ? [tooLong(field, maxManagedByBytes)] : [];
  return [...isDomainPrefixedPath(field, value), ...length];
}

function validateCompletionMode(spec: JobSpec, path: string): FieldError[] {
  const { completionMode = 'NonIndexed' } = spec;
  if (completionMode === 'Indexed') return validateIndexed(spec, path);
  if (completionMode !== 'NonIndexed') return [notSupported(`${path}.completionMode`, completionMode, ['NonIndexed', 'Indexed'])];
  return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((name) =>
    spec[name] === undefined ? [] : [invalidValue(`${path}.${name}`, spec[name], 'requires indexed completion mode')],
  );
}

function validateIndexed(spec: JobSpec, path: string): FieldError[] {
  const { completions, parallelism, maxFailedIndexes: failures } = spec;
  const most = (field: string, value: number | undefined, max: number, detail: string): FieldError[] =>
    value !== undefined && value > max ? [invalidValue(`${path}.${field}`, value, `must be less than or equal to ${detail}`)] : [];
  const many = completions !== undefined && completions > manyCompletions && spec.backoffLimitPerIndex !== undefined;
  const ofMany = `${maxOfMany} when completions are above ${manyCompletions} and used with backoff limit per index`;
  return [
    ...(completions === undefined ? [required(`${path}.completions`, 'when completion mode is Indexed')] : []),
    ...most('parallelism', parallelism, maxParallelism, `${maxParallelism} when completion mode is Indexed`),
    ...(completions === undefined ? [] : most('maxFailedIndexes', failures, completions, 'completions')),
    ...most('maxFailedIndexes', failures, maxFailedIndexes, String(maxFailedIndexes)),
    ...(many && failures === undefined
      ? [required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`)]
      : []),
    ...(many ? [...most('parallelism', parallelism, maxOfMany, ofMany), ...most('maxFailedIndexes', failures, maxOfMany, ofMany)] : []),
  ];
}

function validateRestartPolicy(spec: JobSpec | undefined, field: string): FieldError[] {
  const policy = spec?.template?.spec?.restartPolicy || 'Always';
  if (policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(field, policy, ['OnFailure', 'Never'])];
  if (!spec?.podFailurePolicy || policy === 'Never') return [];
  return [invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}
