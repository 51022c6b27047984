import { type FieldError, invalidValue, validateLabelSelector } from '#api';
import type { PodDisruptionBudget } from '#api/types';
import { nonNegative, optionalOneOf } from '../../rules/checks.ts';
import { isOver100Percent, nonNegativeOrPercentage } from '../../rules/workload.ts';

/** `k8s.io/kubernetes/pkg/apis/policy/validation`, ValidatePodDisruptionBudget. */
export function validateBudget({ spec }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec ?? {};
  const amounts = { minAvailable, maxUnavailable };
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...Object.entries(amounts).flatMap(([name, amount]) => [
      ...nonNegativeOrPercentage(amount, `spec.${name}`),
      ...(isOver100Percent(amount) ? [invalidValue(`spec.${name}`, amount, 'must not be greater than 100%')] : []),
    ]),
    ...validateLabelSelector(selector, 'spec.selector'),
    ...optionalOneOf(unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget'], 'spec.unhealthyPodEvictionPolicy'),
  ];
}

export function validateBudgetStatus({ status }: PodDisruptionBudget): FieldError[] {
  const names = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;
  return names.flatMap((name) => nonNegative(status?.[name], `status.${name}`));
}
