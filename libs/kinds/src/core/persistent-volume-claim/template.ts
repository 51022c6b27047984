import { type FieldError, forbiddenField, validateAnnotations, validateLabels } from '#api';
import type { PersistentVolumeClaimTemplate } from '#api/types';
import { validateClaimSpec } from './spec.ts';

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePersistentVolumeClaimTemplate: of an ephemeral volume. */
export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, path: string): FieldError[] {
  const { annotations, labels, ...others } = metadata ?? {};
  const set = Object.entries(others).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return [
    ...validateAnnotations(annotations, `${path}.metadata.annotations`),
    ...validateLabels(labels, `${path}.metadata.labels`),
    ...set.map(([name]) => forbiddenField(`${path}.metadata.${name}`, 'cannot be set')),
    ...validateClaimSpec(spec, `${path}.spec`),
  ];
}
