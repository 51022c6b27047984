import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Clock, Random } from '#base';
import type { TokenKeys } from '#pki';
import type { Grant } from './scope.ts';

/** Distribution, "Token Authentication": long enough for a push to ask once, short enough that a changed right soon counts everywhere. */
export const tokenLifeSeconds = 300;

/** `iss` of what this server signs; the audience is what tells one registry from another. */
const issuer = 'berth-registry';
/** RFC 8725, 3.11: what is good for getting tokens is never good as one. */
const refreshType = 'refresh+jwt';

export interface AccessToken {
  /** undefined: given to somebody without a password. */
  user: string | undefined;
  access: readonly Grant[];
}

/** Verifying ES256 takes a fifth of a millisecond, and a push shows its token a hundred times. */
const mostKnown = 1000;

/** Signed tokens (RFC 7519, ES256): whoever has the key can tell them, so replicas need no list of what has been given. */
export class Tokens {
  private readonly known = new Map<string, { token: AccessToken; audience: string; untilMs: number }>();

  constructor(
    private readonly keys: TokenKeys,
    private readonly io: { clock: Clock; random: Random },
  ) {}

  issue({ user, access }: AccessToken, audience: string): Promise<string> {
    const now = this.seconds();
    return this.sign({ access, ...(user !== undefined && { sub: user }), exp: now + tokenLifeSeconds }, audience, 'JWT');
  }

  /** undefined: not one of ours, for another registry, or no longer (or not yet) good. */
  async verify(text: string, audience: string): Promise<AccessToken | undefined> {
    const nowMs = this.io.clock.now().getTime();
    const known = this.known.get(text);
    if (known && known.audience === audience && nowMs < known.untilMs) return known.token;
    const claims = await this.claimsOf(text, audience, 'JWT');
    if (claims?.exp === undefined) return undefined;
    const token = { user: claims.sub, access: (claims['access'] ?? []) as Grant[] };
    if (this.known.size >= mostKnown) this.known.delete(this.known.keys().next().value!);
    this.known.set(text, { token, audience, untilMs: claims.exp * 1000 });
    return token;
  }

  /** Good until the user's password changes: `mark` is what it was given for. */
  issueRefresh(user: string, mark: string, audience: string): Promise<string> {
    return this.sign({ sub: user, pwd: mark }, audience, refreshType);
  }

  async verifyRefresh(text: string, audience: string): Promise<{ user: string; mark: string } | undefined> {
    const claims = await this.claimsOf(text, audience, refreshType);
    const { sub, pwd } = claims ?? {};
    return sub !== undefined && typeof pwd === 'string' ? { user: sub, mark: pwd } : undefined;
  }

  private sign(claims: JWTPayload, audience: string, typ: string): Promise<string> {
    const now = this.seconds();
    return new SignJWT({ ...claims, iss: issuer, aud: audience, iat: now, nbf: now, jti: this.io.random.uuid() })
      .setProtectedHeader({ alg: this.keys.algorithm, kid: this.keys.keyId, typ })
      .sign(this.keys.privateKey);
  }

  private async claimsOf(text: string, audience: string, typ: string): Promise<JWTPayload | undefined> {
    try {
      const checks = {
        algorithms: [this.keys.algorithm],
        issuer,
        audience,
        typ,
        currentDate: this.io.clock.now(),
        requiredClaims: ['iat'],
      };
      return (await jwtVerify(text, this.keys.publicKey, checks)).payload;
    } catch {
      return undefined; // whatever is wrong with it, it is not one of ours
    }
  }

  private seconds(): number {
    return Math.floor(this.io.clock.now().getTime() / 1000);
  }
}
