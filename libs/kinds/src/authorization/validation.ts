import { type FieldError, invalidValue } from '#api';
import type { LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview } from '#api/types';

type Attributes = Pick<SelfSubjectAccessReview['spec'], 'resourceAttributes' | 'nonResourceAttributes'>;

function validateAttributes({ resourceAttributes, nonResourceAttributes }: Attributes): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    return [
      invalidValue('spec.nonResourceAttributes', nonResourceAttributes, 'cannot be specified in combination with resourceAttributes'),
    ];
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    return [invalidValue('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified')];
  }
  return [];
}

export function validateSelfReview({ spec }: SelfSubjectAccessReview): FieldError[] {
  return validateAttributes(spec);
}

export function validateReview({ spec }: SubjectAccessReview): FieldError[] {
  const errors = validateAttributes(spec);
  if (!spec.user && !spec.groups?.length) {
    errors.push(invalidValue('spec.user', spec.user ?? '', 'at least one of user or group must be specified'));
  }
  return errors;
}

export function validateLocalReview(review: LocalSubjectAccessReview): FieldError[] {
  const errors = validateReview(review);
  const { resourceAttributes, nonResourceAttributes } = review.spec;
  if (resourceAttributes && resourceAttributes.namespace !== review.metadata.namespace) {
    errors.push(invalidValue('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace'));
  }
  if (nonResourceAttributes) {
    errors.push(invalidValue('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'));
  }
  return errors;
}
