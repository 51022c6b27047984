import { timingSafeEqual } from 'node:crypto';
import type { ClusterView } from '#api-server/contract';
import type { Secret } from '#api/types';
import type { Clock } from '#base';
import type { KindIo, UserInfo } from '#kinds/contract';
import { bootstrapTokenOf, bootstrapTokens, gvks, hasExpired, parseBootstrapToken } from '#objects';

type Review = KindIo['tokens']['review'];

interface Options {
  view: ClusterView;
  clock: Clock;
  /** The audience of those who talk to the API: bootstrap tokens are for nobody else. */
  issuer: string;
}

/** `review`, which also knows bootstrap tokens ("Authenticating with Bootstrap Tokens"). */
export function withBootstrapTokens(review: Review, options: Options): Review {
  return async (token, audiences) => {
    const user = bootstrapper(token, options);
    if (!user) return review(token, audiences);
    return audiences.length === 0 || audiences.includes(options.issuer) ? { user, audiences: [options.issuer] } : undefined;
  };
}

function bootstrapper(text: string, { view, clock }: Options): UserInfo | undefined {
  const shown = parseBootstrapToken(text);
  if (!shown) return undefined;
  const secret = view.get<Secret>(gvks.Secret, bootstrapTokens.namespace, bootstrapTokens.namePrefix + shown.id);
  if (!secret || secret.metadata.deletionTimestamp) return undefined;
  const token = bootstrapTokenOf(secret);
  if (!token?.groups || !token.forAuthentication || !isSame(token.secret, shown.secret) || hasExpired(token, clock.now())) return undefined;
  return { username: bootstrapTokens.userPrefix + token.id, groups: [...token.groups, 'system:authenticated'] };
}

/** Takes as long for any secret of the right length. */
function isSame(kept: string, shown: string): boolean {
  const [a, b] = [Buffer.from(kept), Buffer.from(shown)];
  return a.length === b.length && timingSafeEqual(a, b);
}
