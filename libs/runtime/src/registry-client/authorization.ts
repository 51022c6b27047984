import type { Clock } from '#base';
import { RuntimeError, type RegistryCredentials } from '../contract.ts';
import type { Challenge } from './challenge.ts';
import { exchange, readBody } from './http.ts';

/** distribution, "Token Authentication Specification": tokens without `expires_in` are good for 60 seconds. */
const defaultLifeMs = 60_000;
const tokenLimitBytes = 1024 * 1024;

/** What to send with requests to one repository; learned from its challenges. */
export class Authorization {
  private header: string | undefined;
  private goodUntilMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly credentials: RegistryCredentials | undefined,
    private readonly scope: string,
    private readonly clock: Clock,
  ) {}

  current(): string | undefined {
    return this.clock.monotonicMs() < this.goodUntilMs ? this.header : undefined;
  }

  /**
   * Answers a 401; `current` is as before when there is nothing (more) to answer with. Throws 'unauthorized' when the token service
   * refuses us.
   */
  async answer(challenge: Challenge | undefined, signal?: AbortSignal): Promise<void> {
    if (challenge?.scheme === 'basic' && this.credentials) {
      this.header = basic(this.credentials);
      this.goodUntilMs = Number.POSITIVE_INFINITY;
    } else if (challenge?.scheme === 'bearer') {
      const { token, lifeMs } = await this.fetchToken(challenge, signal);
      this.header = `Bearer ${token}`;
      // A little less than they say: it must still be good when it arrives.
      this.goodUntilMs = this.clock.monotonicMs() + lifeMs * 0.9;
    }
  }

  private async fetchToken(challenge: Challenge, signal?: AbortSignal): Promise<{ token: string; lifeMs: number }> {
    const realm = challenge.parameters.get('realm') ?? '';
    if (!/^https?:\/\//.test(realm)) throw new RuntimeError('unauthorized', `registry names no usable token service: '${realm}'`);
    const url = new URL(realm);
    const service = challenge.parameters.get('service');
    if (service) url.searchParams.set('service', service);
    for (const scope of new Set([this.scope, ...(challenge.parameters.get('scope')?.split(' ') ?? [])]))
      url.searchParams.append('scope', scope);
    const headers = this.credentials ? { authorization: basic(this.credentials) } : {};
    const response = await exchange({ method: 'GET', url: url.toString(), headers, signal });
    const body = await readBody(response, tokenLimitBytes);
    if (response.statusCode !== 200) {
      throw new RuntimeError('unauthorized', `failed to authorize: ${url.host} answered ${response.statusCode}`);
    }
    const answer = JSON.parse(body.toString()) as { token?: string; access_token?: string; expires_in?: number };
    const token = answer.token ?? answer.access_token;
    if (!token) throw new RuntimeError('unauthorized', `failed to authorize: ${url.host} gave no token`);
    return { token, lifeMs: answer.expires_in ? answer.expires_in * 1000 : defaultLifeMs };
  }
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
