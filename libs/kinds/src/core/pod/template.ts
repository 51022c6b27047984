import { type FieldError, forbiddenField, isQualifiedName, validateLabels } from '#api';
import type { PodTemplateSpec } from '#api/types';
import { complaints } from '../../rules/checks.ts';
import { validatePodAnnotations, validatePodSpec } from './validation.ts';

/** The pod that a workload makes copies of. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, path: string): FieldError[] {
  const { labels, annotations } = template?.metadata ?? {};
  return [
    ...validateLabels(labels, `${path}.labels`),
    ...Object.keys(annotations ?? {}).flatMap((key) => complaints(isQualifiedName, key.toLowerCase(), `${path}.annotations`)),
    ...validatePodAnnotations(annotations, template?.spec, `${path}.annotations`),
    ...validatePodSpec(template?.spec, `${path}.spec`, { inTemplate: true }),
    ...((template?.spec?.ephemeralContainers ?? []).length > 0
      ? [forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}
