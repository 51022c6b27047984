import { lookUp } from '#base';
import { type FieldError, forbiddenField } from '#api';
import type { PriorityClass } from '#api/types';
import { highestUserPriority, systemPriorityClasses } from '#objects';
import { oneOf } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';

/** `k8s.io/kubernetes/pkg/apis/scheduling/validation`, ValidatePriorityClass. */
export function validatePriorityClass({ metadata, value, globalDefault, preemptionPolicy }: PriorityClass): FieldError[] {
  const name = metadata.name ?? '';
  const errors: FieldError[] = [];
  if (name.startsWith('system-')) {
    const why = systemMismatch(name, value ?? 0, globalDefault ?? false);
    if (why) {
      const reserved = "priority class names with 'system-' prefix are reserved for system use only. error: ";
      errors.push(forbiddenField('metadata.name', `${reserved}${why}`));
    }
  } else if ((value ?? 0) > highestUserPriority) {
    errors.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`));
  }
  return [...errors, ...oneOf(preemptionPolicy, ['PreemptLowerPriority', 'Never'], 'preemptionPolicy')];
}

function systemMismatch(name: string, value: number, globalDefault: boolean): string | undefined {
  const fixed = lookUp(systemPriorityClasses, name);
  if (fixed === undefined) return `${name} is not a known system priority class`;
  if (fixed !== value) return `value of ${name} PriorityClass must be ${fixed}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export function validatePriorityClassUpdate(next: PriorityClass, previous: PriorityClass): FieldError[] {
  return [
    ...((next.value ?? 0) === (previous.value ?? 0) ? [] : [forbiddenField('Value', 'may not be changed in an update.')]),
    ...immutableField(next.preemptionPolicy, previous.preemptionPolicy, 'preemptionPolicy'),
  ];
}
