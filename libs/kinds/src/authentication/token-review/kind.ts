import { badRequest } from '#api';
import type { TokenReview, TokenReviewStatus, UserInfo } from '#api/types';
import type { KindDefinition, KindIo } from '../../contract.ts';

export const tokenReview: KindDefinition<TokenReview> = {
  gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenReview' },
  scope: 'Cluster',
  names: { plural: 'tokenreviews', singular: 'tokenreview' },
  verbs: ['create'],
  validate: () => [],
  columns: [],
  async answer(review, io) {
    if (!review.spec.token) throw badRequest('token is required for TokenReview in authentication');
    return { ...review, status: await statusOf(review, io) };
  },
};

async function statusOf({ spec }: TokenReview, io: KindIo): Promise<TokenReviewStatus> {
  const reviewed = await io.tokens.review(spec.token, spec.audiences ?? []);
  if (!reviewed) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: reviewed.user as UserInfo, audiences: [...reviewed.audiences] };
}
