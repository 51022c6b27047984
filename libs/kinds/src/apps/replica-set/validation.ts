import type { FieldError } from '#api';
import type { ReplicaSet } from '#api/types';
import { nonNegative } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';
import { validateCounts, validateReplicatedTemplate, validateSelector } from '../../rules/workload.ts';

export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  return [
    ...nonNegative(spec?.replicas, 'spec.replicas'),
    ...nonNegative(spec?.minReadySeconds, 'spec.minReadySeconds'),
    ...validateSelector(spec?.selector, 'spec.selector'),
    ...validateReplicatedTemplate(spec?.template, spec?.selector, { path: 'spec.template', owner: 'ReplicaSet' }),
  ];
}

/** Upstream applies the rules of the whole once more here, and so blames each field twice. */
export function validateReplicaSetUpdate(next: ReplicaSet, previous: ReplicaSet): FieldError[] {
  return [...validateReplicaSet(next), ...immutableField(next.spec?.selector, previous.spec?.selector, 'spec.selector')];
}

export function validateReplicaSetStatus({ status }: ReplicaSet): FieldError[] {
  const { conditions: _conditions, ...counts } = status ?? { replicas: 0 };
  return validateCounts(counts, ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration']);
}
