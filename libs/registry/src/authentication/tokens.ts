import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock, Random } from '#base';

/** Distribution, "Token Authentication": long enough for a push to ask once, short enough that a changed password soon counts. */
export const tokenLifeSeconds = 300;

/** What somebody showed when the token was given: nothing (enough to pull) or a user's password. */
export type TokenGrant = 'pull' | 'push';

/**
 * Bearer tokens of this process. All users may do everything, so a token says only whether there was a password, and until when it
 * counts. The key is never written down: after a restart clients are asked again, which they expect of any token.
 */
export class Tokens {
  private readonly key: Buffer;

  constructor(
    private readonly clock: Clock,
    random: Random,
  ) {
    this.key = random.bytes(32);
  }

  /** `<grant>.<end, in seconds since the epoch>.<HMAC-SHA256>`: no list is needed of what has been given. */
  issue(grant: TokenGrant): string {
    const claim = `${grant}.${Math.floor(this.clock.now().getTime() / 1000) + tokenLifeSeconds}`;
    return `${claim}.${this.sign(claim).toString('base64url')}`;
  }

  /** undefined: not one of ours, or no longer good. */
  grantOf(token: string): TokenGrant | undefined {
    const [, claim, grant, until, signature] = /^((pull|push)\.(\d{1,12}))\.([\w-]+)$/.exec(token) ?? [];
    if (claim === undefined || signature === undefined) return undefined;
    const given = Buffer.from(signature, 'base64url');
    const wanted = this.sign(claim);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    return this.clock.now().getTime() < Number(until) * 1000 ? (grant as TokenGrant) : undefined;
  }

  private sign(claim: string): Buffer {
    return createHmac('sha256', this.key).update(claim).digest();
  }
}
