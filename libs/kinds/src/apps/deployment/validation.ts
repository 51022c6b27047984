import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '#api';
import type { Deployment, DeploymentStrategy } from '#api/types';
import { nonNegative } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';
import {
  amountOf,
  isOver100Percent,
  nonNegativeOrPercentage,
  validateCounts,
  validateReplicatedTemplate,
  validateSelector,
} from '../../rules/workload.ts';

/** `k8s.io/kubernetes/pkg/apis/apps/validation`, ValidateDeployment. */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  const deadline = spec?.progressDeadlineSeconds;
  const tooEarly = deadline !== undefined && deadline <= (spec?.minReadySeconds ?? 0);
  return [
    ...nonNegative(spec?.replicas, 'spec.replicas'),
    ...validateSelector(spec?.selector, 'spec.selector'),
    ...validateReplicatedTemplate(spec?.template, spec?.selector, { path: 'spec.template', owner: 'ReplicaSet' }),
    ...validateStrategy(spec?.strategy, 'spec.strategy'),
    ...nonNegative(spec?.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec?.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegative(deadline, 'spec.progressDeadlineSeconds'),
    ...(tooEarly ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')] : []),
  ];
}

function validateStrategy(strategy: DeploymentStrategy | undefined, path: string): FieldError[] {
  const { type, rollingUpdate } = strategy ?? {};
  const field = `${path}.rollingUpdate`;
  if (type === 'Recreate') {
    return rollingUpdate === undefined ? [] : [forbiddenField(field, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== 'RollingUpdate') return [notSupported(path, strategy ?? {}, ['Recreate', 'RollingUpdate'])];
  if (!rollingUpdate) return [required(field, 'this should be defaulted and never be nil')];
  const { maxSurge, maxUnavailable } = rollingUpdate;
  return [
    ...nonNegativeOrPercentage(maxUnavailable, `${field}.maxUnavailable`),
    ...nonNegativeOrPercentage(maxSurge, `${field}.maxSurge`),
    // A string that is no percentage counts as nothing here, but has been blamed above.
    ...(isZero(maxUnavailable) && isZero(maxSurge)
      ? [invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...(isOver100Percent(maxUnavailable) ? [invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')] : []),
  ];
}

const isZero = (value: number | string | undefined): boolean => amountOf(value) === 0;

export function validateDeploymentUpdate(next: Deployment, previous: Deployment): FieldError[] {
  return immutableField(next.spec?.selector, previous.spec?.selector, 'spec.selector');
}

/** `k8s.io/kubernetes/pkg/apis/apps/validation`, ValidateDeploymentStatus. */
export function validateDeploymentStatus(next: Deployment, previous: Deployment): FieldError[] {
  const { conditions: _conditions, ...counts } = next.status ?? {};
  const collisions = next.status?.collisionCount;
  const before = previous.status?.collisionCount;
  return [
    ...validateCounts(counts, [
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'readyReplicas',
      'availableReplicas',
      'unavailableReplicas',
      'collisionCount',
    ]),
    ...(before !== undefined && (collisions ?? -1) < before
      ? [invalidValue('status.collisionCount', collisions ?? 0, 'cannot be decremented')]
      : []),
  ];
}
