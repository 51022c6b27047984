import type { SelfSubjectReview, TokenReview } from '#api/types';
import type { KindIo } from '../contract.ts';
import { selfSubjectReview } from './self-subject-review/kind.ts';
import { tokenReview } from './token-review/kind.ts';

const holder = { username: 'system:serviceaccount:dev:app', groups: ['system:serviceaccounts'] };
const io = {
  caller: { username: 'me', groups: ['g'] },
  tokens: {
    review: async (token: string, audiences: readonly string[]) => (token === 'good' ? { user: holder, audiences } : undefined),
  },
} as unknown as KindIo;
const answer = async (spec: object) => (await tokenReview.answer!({ spec } as TokenReview, io, { dryRun: false }))?.status;

describe('reviews', () => {
  it('of a token name its holder, and for whom it is', async () => {
    expect(await answer({ token: 'good', audiences: ['vault'] })).toEqual({ authenticated: true, user: holder, audiences: ['vault'] });
  });

  it('of a bad token say no more than that', async () => {
    expect(await answer({ token: 'bad' })).toEqual({ user: {}, error: 'invalid bearer token' });
    await expect(answer({})).rejects.toThrow('token is required');
  });

  it('of oneself name the caller', async () => {
    const review = await selfSubjectReview.answer!({} as SelfSubjectReview, io, { dryRun: false });
    expect(review?.status).toEqual({ userInfo: io.caller });
  });
});
