import type { Clock } from '#base';
import { RuntimeError } from '../contract.ts';
import type { RegistryCredentials } from '../images.contract.ts';
import type { Challenge } from './challenge.ts';
import type { Endpoint } from './endpoints.ts';
import { type HttpClient, type HttpRequest, readBody } from './http.ts';

/** distribution, "Token Authentication Specification": tokens without `expires_in` are good for 60 seconds. */
const defaultLifeMs = 60_000;
/** A token service is the registry's choice, and no reason to fill this machine's memory. */
const tokenLimitBytes = 1024 * 1024;

/** What to send with requests to one repository; learned from its challenges. */
export class Authorization {
  private header: string | undefined;
  private goodUntilMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly options: {
      credentials: RegistryCredentials | undefined;
      scope: string;
      clock: Clock;
      http: HttpClient;
      endpoint: Endpoint;
    },
  ) {}

  /** Whether a password was shown for what is read: a token may be worth more for it. */
  get isAnonymous(): boolean {
    return this.header === undefined || this.options.credentials === undefined;
  }

  /** The header to send now; undefined before the first challenge, and when the token is no longer good. */
  current(): string | undefined {
    return this.options.clock.monotonicMs() < this.goodUntilMs ? this.header : undefined;
  }

  /**
   * Answers a 401; `current` is as before when there is nothing (more) to answer with. Throws 'unauthorized' when the token service
   * refuses us.
   */
  async answer(challenge: Challenge | undefined, signal?: AbortSignal): Promise<void> {
    const { credentials, clock } = this.options;
    if (challenge?.scheme === 'basic' && credentials && credentials.username !== '') {
      this.header = basic(credentials);
      this.goodUntilMs = Number.POSITIVE_INFINITY;
    } else if (challenge?.scheme === 'bearer') {
      const { token, lifeMs } = await this.fetchToken(challenge, signal);
      this.header = `Bearer ${token}`;
      // A little less than they say: it must still be good when it arrives.
      this.goodUntilMs = clock.monotonicMs() + lifeMs * 0.9;
    }
  }

  private async fetchToken(challenge: Challenge, signal?: AbortSignal): Promise<{ token: string; lifeMs: number }> {
    const { credentials, http, endpoint } = this.options;
    const realm = challenge.parameters.get('realm') ?? '';
    const url = URL.parse(realm);
    if (!url) throw new RuntimeError('unauthorized', `registry names no usable token service: '${realm.slice(0, 200)}'`);
    const service = challenge.parameters.get('service');
    if (service) url.searchParams.set('service', service);
    for (const scope of new Set([this.options.scope, ...(challenge.parameters.get('scope')?.split(' ') ?? [])]))
      url.searchParams.append('scope', scope);
    if (credentials) http.destinations.demandSecret(url, endpoint);
    const response = await http.exchange({ ...asking(url, credentials), signal }, { endpoint });
    const body = await readBody(response, tokenLimitBytes);
    if (response.statusCode !== 200) {
      throw new RuntimeError('unauthorized', `failed to authorize: ${url.host} answered ${response.statusCode}`);
    }
    const answer = tokenOf(body);
    const token = answer?.token ?? answer?.access_token;
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
      throw new RuntimeError('unauthorized', `failed to authorize: ${url.host} gave no token`);
    return { token, lifeMs: answer?.expires_in ? answer.expires_in * 1000 : defaultLifeMs };
  }
}

function tokenOf(body: Buffer): { token?: string; access_token?: string; expires_in?: number } | undefined {
  try {
    return JSON.parse(body.toString()) as ReturnType<typeof tokenOf>;
  } catch {
    return undefined; // a page of somebody else's; the caller says that there was no token
  }
}

/** distribution, "OAuth2 Token Authentication": what a token is got with another one by, in a form; and by GET what by a password or nothing. */
function asking(url: URL, credentials: RegistryCredentials | undefined): Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'> {
  if (credentials?.username !== '') return { method: 'GET', url, headers: credentials ? { authorization: basic(credentials) } : {} };
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: credentials.password, client_id: 'berth' });
  const service = url.searchParams.get('service');
  if (service) form.set('service', service);
  form.set('scope', url.searchParams.getAll('scope').join(' '));
  const target = new URL(url);
  for (const name of ['service', 'scope']) target.searchParams.delete(name);
  const body = Buffer.from(form.toString());
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length };
  return { method: 'POST', url: target, headers, body };
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
