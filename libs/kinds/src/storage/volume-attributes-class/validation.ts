import { type FieldError, forbiddenField, required } from '#api';
import type { VolumeAttributesClass } from '#api/types';
import { semanticEqual } from '../../rules/equality.ts';
import { validateParameters, validateProvisioner } from '../parameters.ts';

/** `k8s.io/kubernetes/pkg/apis/storage/validation`, ValidateVolumeAttributesClass (KEP-3751). */
export function validateAttributesClass({ driverName, parameters = {} }: VolumeAttributesClass): FieldError[] {
  return [
    ...validateProvisioner(driverName, 'driverName'),
    ...validateParameters(parameters, 'parameters'),
    ...(Object.keys(parameters).length === 0 ? [required('parameters', 'must contain at least one key/value pair')] : []),
  ];
}

/** Volumes change by naming another class. */
export const validateAttributesClassUpdate = (next: VolumeAttributesClass, previous: VolumeAttributesClass): FieldError[] =>
  (['driverName', 'parameters'] as const)
    .filter((name) => !semanticEqual(next[name], previous[name]))
    .map((name) => forbiddenField(name, `updates to ${name} are forbidden.`));
