import { type FieldError, isPathSegmentName, required } from '#api';
import type { CrossVersionObjectReference } from '#api/types';
import { complaints } from '../../rules/checks.ts';

/** Kind and name of what is referred to. */
export function validateReference(ref: CrossVersionObjectReference | undefined, field: string): FieldError[] {
  const { kind, name } = ref ?? {};
  return [
    ...(kind ? complaints(isPathSegmentName, kind, `${field}.kind`) : [required(`${field}.kind`)]),
    ...(name ? complaints(isPathSegmentName, name, `${field}.name`) : [required(`${field}.name`)]),
  ];
}

/** What is wrong with a group and version: `k8s.io/apimachinery/pkg/runtime/schema`, ParseGroupVersion. */
export const versionProblem = (apiVersion = ''): string | undefined =>
  apiVersion.split('/').length > 2 ? `unexpected GroupVersion string: ${apiVersion}` : undefined;
