import type { SubjectAccessReview } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { reviewed, userOf } from '../review.ts';
import { validateReview } from '../validation.ts';

export const subjectAccessReview: KindDefinition<SubjectAccessReview> = {
  gvk: { group: 'authorization.k8s.io', version: 'v1', kind: 'SubjectAccessReview' },
  scope: 'Cluster',
  names: { plural: 'subjectaccessreviews', singular: 'subjectaccessreview' },
  verbs: ['create'],
  validate: validateReview,
  columns: [],
  async answer(review, io) {
    return { ...review, status: await reviewed(review.spec, userOf(review.spec), io) };
  },
};
