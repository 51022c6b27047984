import type { LocalSubjectAccessReview } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { reviewed, userOf } from '../review.ts';
import { validateLocalReview } from '../validation.ts';

export const localSubjectAccessReview: KindDefinition<LocalSubjectAccessReview> = {
  gvk: { group: 'authorization.k8s.io', version: 'v1', kind: 'LocalSubjectAccessReview' },
  scope: 'Namespaced',
  names: { plural: 'localsubjectaccessreviews', singular: 'localsubjectaccessreview' },
  verbs: ['create'],
  validate: validateLocalReview,
  columns: [],
  async answer(review, io) {
    return { ...review, status: await reviewed(review.spec, userOf(review.spec), io) };
  },
};
