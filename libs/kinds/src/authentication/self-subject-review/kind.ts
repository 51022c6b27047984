import type { SelfSubjectReview, UserInfo } from '#api/types';
import type { KindDefinition } from '../../contract.ts';

/** KEP-3325: `kubectl auth whoami`. */
export const selfSubjectReview: KindDefinition<SelfSubjectReview> = {
  gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'SelfSubjectReview' },
  scope: 'Cluster',
  names: { plural: 'selfsubjectreviews', singular: 'selfsubjectreview' },
  verbs: ['create'],
  validate: () => [],
  columns: [],
  async answer(review, io) {
    return { ...review, status: { userInfo: io.caller as UserInfo } };
  },
};
