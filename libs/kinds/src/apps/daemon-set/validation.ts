import { type FieldError, invalidValue, notSupported, required } from '#api';
import type { DaemonSet, DaemonSetUpdateStrategy } from '#api/types';
import { nonNegative } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';
import { amountOf, isOver100Percent, nonNegativeOrPercentage, validateReplicatedTemplate, validateSelector } from '../../rules/workload.ts';

/** `k8s.io/kubernetes/pkg/apis/apps/validation`, ValidateDaemonSet. */
export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  return [
    ...validateSelector(spec?.selector, 'spec.selector', 'daemonset'),
    ...validateReplicatedTemplate(spec?.template, spec?.selector, { path: 'spec.template', owner: 'DaemonSet' }),
    ...nonNegative(spec?.minReadySeconds, 'spec.minReadySeconds'),
    ...validateUpdateStrategy(spec?.updateStrategy, 'spec.updateStrategy'),
    ...nonNegative(spec?.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ];
}

function validateUpdateStrategy(strategy: DaemonSetUpdateStrategy | undefined, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy ?? {};
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [notSupported(path, strategy ?? {}, ['OnDelete', 'RollingUpdate'])];
  const field = `${path}.rollingUpdate`;
  if (!rollingUpdate) return [required(field)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const [down, extra] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  return [
    ...nonNegativeOrPercentage(maxUnavailable, `${field}.maxUnavailable`),
    ...nonNegativeOrPercentage(maxSurge, `${field}.maxSurge`),
    ...(down && extra ? [invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')] : []),
    ...(!down && !extra ? [invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'cannot be 0 when maxSurge is 0')] : []),
    ...(isOver100Percent(maxUnavailable) ? [invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')] : []),
    ...(isOver100Percent(maxSurge) ? [invalidValue(`${field}.maxSurge`, maxSurge, 'must not be greater than 100%')] : []),
  ];
}

export const validateDaemonSetUpdate = (next: DaemonSet, previous: DaemonSet): FieldError[] =>
  immutableField(next.spec?.selector, previous.spec?.selector, 'spec.selector');

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
] as const;

export const validateDaemonSetStatus = ({ status }: DaemonSet): FieldError[] =>
  counts.flatMap((name) => nonNegative(status?.[name], `status.${name}`));
