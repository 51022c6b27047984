import { type FieldError, forbiddenField, invalidValue, isDns1123Subdomain } from '#api';
import type { Lease } from '#api/types';
import { complaints, nonNegative } from '../../rules/checks.ts';

/** `k8s.io/kubernetes/pkg/apis/coordination/validation`, ValidateLease. */
export function validateLease({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions, preferredHolder, strategy } = spec ?? {};
  return [
    ...(duration !== undefined && duration <= 0 ? [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')] : []),
    ...nonNegative(leaseTransitions, 'spec.leaseTransitions'),
    ...(strategy === undefined ? [] : complaints(isDns1123Subdomain, strategy.toLowerCase(), 'spec.strategy')),
    ...(preferredHolder && !strategy ? [forbiddenField('spec.preferredHolder', 'may only be specified when `strategy` is defined')] : []),
  ];
}
