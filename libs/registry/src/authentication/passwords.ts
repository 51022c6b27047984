import { createHash, timingSafeEqual } from 'node:crypto';
import { type Crypt, loadCrypt } from '#pki';

/** Of no password: an unknown user costs as much time as a wrong password, so that time does not tell which names there are. */
const nobody = '$2y$05$abcdefghijklmnopqrstuu5a5TWoHcQvGqQ0gLHx6fFAp0kcxoTWe';

/** More users than that at one time prove their passwords anew. */
const mostProven = 10_000;

/** The bcrypt hash of a user's password; undefined: there is no such user. */
export type HashOf = (user: string) => Promise<string | undefined>;

/** Whether somebody is who they say: RFC 7617 (Basic) against bcrypt hashes, wherever those stand. */
export class Passwords {
  /** Digests of credentials that were right: bcrypt takes tens of milliseconds, and a push is hundreds of requests. */
  private readonly proven = new Set<string>();

  private constructor(
    private readonly hashOf: HashOf,
    private readonly crypt: Crypt,
  ) {}

  static async open(hashOf: HashOf): Promise<Passwords> {
    return new Passwords(hashOf, await loadCrypt());
  }

  /** `authorization`: the header as it came. undefined for whatever is not the right name and password of somebody. */
  async userOf(authorization: string | undefined): Promise<string | undefined> {
    const match = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization?.trim() ?? '');
    const [, user, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(match?.[1] ?? '', 'base64').toString()) ?? [];
    return user !== undefined && password !== undefined && (await this.accepts(user, password)) ? user : undefined;
  }

  async accepts(user: string, password: string): Promise<boolean> {
    if (password.includes('\0')) return false;
    const hash = await this.hashOf(user);
    const key = createHash('sha256')
      .update(JSON.stringify([user, password, hash ?? '']))
      .digest('hex');
    if (this.proven.has(key)) return true;
    const worked = await this.crypt(password, hash ?? nobody);
    if (hash === undefined || worked === null || !sameText(worked, hash)) return false;
    if (this.proven.size >= mostProven) this.proven.clear();
    this.proven.add(key);
    return true;
  }

  /** Another one for each password that the user has had, and undefined for no user: what a token without end is bound to. */
  async markOf(user: string): Promise<string | undefined> {
    const hash = await this.hashOf(user);
    return hash && createHash('sha256').update(hash).digest('base64url').slice(0, 22);
  }
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
