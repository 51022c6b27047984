import { lookUp } from '#base';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  isValidPercent,
  notSupported,
  required,
  selectorMatches,
  validateLabelSelector,
} from '#api';
import type { PodTemplateSpec } from '#api/types';
import { validatePodTemplate } from '../core/pod/template.ts';
import type { Column } from '../contract.ts';
import { complaints, nonNegative } from './checks.ts';
import { formatSelector, isEmptySelector, isUsableSelector, type LabelSelector } from './labels.ts';

/** The selector of a workload: there, not empty, and of its own template. */
export function validateSelector(selector: LabelSelector | undefined, field: string, owner = 'deployment'): FieldError[] {
  if (!selector) return [required(field)];
  return [
    ...validateLabelSelector(selector, field),
    ...(isEmptySelector(selector) ? [invalidValue(field, selector, `empty selector is invalid for ${owner}`)] : []),
    ...(isUsableSelector(selector) ? [] : [invalidValue(field, selector, 'invalid label selector')]),
  ];
}

/** The template of pods that are replaced for ever; `owner` is the kind that upstream names in its complaints. */
export function validateReplicatedTemplate(
  template: PodTemplateSpec | undefined,
  selector: LabelSelector | undefined,
  { path, owner }: { path: string; owner: string },
): FieldError[] {
  if (selector && !isUsableSelector(selector)) return [];
  const labels = template?.metadata?.labels;
  const mismatch = selector ? !isEmptySelector(selector) && !selectorMatches(selector, labels) : true;
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  return [
    ...(mismatch ? [invalidValue(`${path}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`')] : []),
    ...validatePodTemplate(template, path),
    ...(restartPolicy === 'Always' ? [] : [notSupported(`${path}.spec.restartPolicy`, restartPolicy ?? '', ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbiddenField(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`)]),
  ];
}

/** An IntOrString: a text has to be a percentage, a number not negative. */
export function nonNegativeOrPercentage(value: number | string | undefined, field: string): FieldError[] {
  return typeof value === 'string' ? complaints(isValidPercent, value, field) : nonNegative(value, field);
}

/** Percentages alone: a number may be as large as it likes. */
export const isOver100Percent = (value: number | string | undefined): boolean =>
  typeof value === 'string' && /^\d+%$/.test(value) && Number(value.slice(0, -1)) > 100;

/** The number, or the percentage as a number; 0 for what is neither. */
export const amountOf = (value: number | string | undefined): number =>
  typeof value === 'number' ? value : Number(/^(\d+)%$/.exec(value ?? '')?.[1] ?? 0);

/** Counts of a status: none negative, and none greater than what it is a part of. */
export function validateCounts(counts: Readonly<Record<string, number | undefined>>, names: readonly string[]): FieldError[] {
  const of = (name: string): number => lookUp(counts, name) ?? 0;
  const parts = ['fullyLabeledReplicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'].filter((name) => names.includes(name));
  return [
    ...names.flatMap((name) => nonNegative(lookUp(counts, name), `status.${name}`)),
    ...parts.flatMap((name) =>
      of(name) > of('replicas') ? [invalidValue(`status.${name}`, of(name), 'cannot be greater than status.replicas')] : [],
    ),
    ...(of('availableReplicas') > of('readyReplicas')
      ? [invalidValue('status.availableReplicas', of('availableReplicas'), 'cannot be greater than readyReplicas')]
      : []),
  ];
}

interface Workload {
  spec?: { template?: PodTemplateSpec; selector?: LabelSelector };
}

const containersOf = ({ spec }: Workload) => spec?.template?.spec?.containers ?? [];

/** What `-o wide` adds for every workload. */
export const wideColumns: readonly Column<Workload>[] = [
  {
    name: 'Containers',
    type: 'string',
    priority: 1,
    value: (object) =>
      containersOf(object)
        .map(({ name }) => name)
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    priority: 1,
    value: (object) =>
      containersOf(object)
        .map(({ image }) => image ?? '')
        .join(','),
  },
  { name: 'Selector', type: 'string', priority: 1, value: ({ spec }) => formatSelector(spec?.selector) || '<none>' },
];
