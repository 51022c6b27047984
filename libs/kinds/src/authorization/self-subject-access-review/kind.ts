import type { SelfSubjectAccessReview } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { reviewed } from '../review.ts';
import { validateSelfReview } from '../validation.ts';

export const selfSubjectAccessReview: KindDefinition<SelfSubjectAccessReview> = {
  gvk: { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectAccessReview' },
  scope: 'Cluster',
  names: { plural: 'selfsubjectaccessreviews', singular: 'selfsubjectaccessreview' },
  verbs: ['create'],
  validate: validateSelfReview,
  columns: [],
  async answer(review, io) {
    return { ...review, status: await reviewed(review.spec, io.caller, io) };
  },
};
