import { badRequest } from '#api';
import type { SelfSubjectRulesReview } from '#api/types';
import type { KindDefinition } from '../../contract.ts';

/** `kubectl auth can-i --list`. */
export const selfSubjectRulesReview: KindDefinition<SelfSubjectRulesReview> = {
  gvk: { group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectRulesReview' },
  scope: 'Cluster',
  names: { plural: 'selfsubjectrulesreviews', singular: 'selfsubjectrulesreview' },
  verbs: ['create'],
  validate: () => [],
  columns: [],
  async answer(review, io) {
    if (!review.spec.namespace) throw badRequest('no namespace on request');
    const { resourceRules, nonResourceRules, ...rest } = io.rules(io.caller, review.spec.namespace);
    return { ...review, status: { resourceRules: [...resourceRules], nonResourceRules: [...nonResourceRules], ...rest } };
  },
};
