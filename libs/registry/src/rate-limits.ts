import type { IncomingMessage } from 'node:http';
import type { Clock } from '#base';
import { RegistryError } from './contract.ts';
import type { RateLimit } from './settings/limits.ts';

/** More accounts than that are not kept: full ones go first, which say no more than none. */
const mostAccounts = 100_000;

/** What grows back in parts is not quite whole again. */
const enough = 1 - 1e-6;

/** What is left of a limit, as of a moment. It grows back evenly. */
interface Account {
  left: number;
  atMs: number;
}

/** How often somebody has asked, of this process. */
export class RateLimits {
  private readonly accounts = new Map<string, Account>();

  constructor(private readonly clock: Clock) {}

  /**
   * Counts one more of it, where the limit is for them. Answers the headers that say what is left, as Docker Hub writes them. Throws
   * TOOMANYREQUESTS when nothing is.
   */
  take(limits: readonly RateLimit[], of: RateLimit['of'], who: { user: string | undefined; address: string }): Record<string, string> {
    const limit = limits.find((candidate) => candidate.of === of && (of === 'logins' || isFor(candidate, who.user)));
    if (!limit) return {};
    const { account, key } = this.accountOf(limit, who);
    const window = `w=${Math.round(limit.per / 1000)}`;
    const said = (left: number): Record<string, string> => ({
      'ratelimit-limit': `${limit.limit};${window}`,
      'ratelimit-remaining': `${Math.floor(left)};${window}`,
    });
    if (account.left < enough) {
      const waitSeconds = Math.ceil(Math.round(((1 - account.left) * limit.per) / limit.limit) / 1000);
      const message = `too many ${of}: ${limit.limit} in ${Math.round(limit.per / 1000)} s are allowed`;
      throw new RegistryError('TOOMANYREQUESTS', message, { headers: { ...said(0), 'retry-after': String(Math.max(1, waitSeconds)) } });
    }
    account.left = Math.max(0, account.left - 1);
    this.accounts.set(key, account);
    return said(account.left);
  }

  /** Throws as `take` does, and counts nothing. */
  demand(limits: readonly RateLimit[], of: RateLimit['of'], who: { user: string | undefined; address: string }): void {
    const limit = limits.find((candidate) => candidate.of === of);
    if (limit && this.accountOf(limit, who).account.left < enough) this.take(limits, of, who);
  }

  private accountOf(
    { of, limit, per }: RateLimit,
    { user, address }: { user: string | undefined; address: string },
  ): { account: Account; key: string } {
    const key = `${of} ${of === 'logins' || user === undefined ? `address ${address}` : `user ${user}`}`;
    const nowMs = this.clock.monotonicMs();
    if (this.accounts.size >= mostAccounts) this.forget(nowMs - per);
    const known = this.accounts.get(key);
    const left = known ? Math.min(limit, known.left + ((nowMs - known.atMs) * limit) / per) : limit;
    return { account: { left, atMs: nowMs }, key };
  }

  private forget(beforeMs: number): void {
    for (const [key, { atMs }] of this.accounts) if (atMs <= beforeMs || this.accounts.size >= mostAccounts) this.accounts.delete(key);
  }
}

/** Of IPv6 a whole /64: one machine has as many addresses of it as it likes. */
export function addressOf({ socket }: IncomingMessage): string {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return `${[...groups, ...missing, ...rest].slice(0, 4).join(':')}::/64`;
}

function isFor({ to }: RateLimit, user: string | undefined): boolean {
  return user === undefined ? to.includes('anonymous') : to.includes('users') || to.includes(user);
}
