import { type FieldError, isDns1123Label, validateLabels } from '#api';
import type { RuntimeClass, Scheduling } from '#api/types';
import { validateResources } from '../../core/pod/spec/resources.ts';
import { validateTolerations } from '../../core/pod/spec/scheduling.ts';
import { complaints } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';

/** `k8s.io/kubernetes/pkg/apis/node/validation`, ValidateRuntimeClass: overhead is checked as the limits of a container are. */
export function validateRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  return [
    ...complaints(isDns1123Label, handler ?? '', 'handler'),
    ...validateResources({ limits: overhead?.podFixed ?? {} }, 'overhead'),
    ...(scheduling ? validateScheduling(scheduling, 'scheduling') : []),
  ];
}

/** Pods that run were admitted by what their class was: it stays so (KEP-585). */
export function validateRuntimeClassUpdate(next: RuntimeClass, previous: RuntimeClass): FieldError[] {
  return immutableField(next.handler, previous.handler, 'handler');
}

const validateScheduling = ({ nodeSelector, tolerations = [] }: Scheduling, path: string): FieldError[] => [
  ...validateLabels(nodeSelector, `${path}.nodeSelector`),
  ...validateTolerations(tolerations, `${path}.tolerations`),
];
