import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Clock, Random } from '#base';
import { RegistryError } from '../contract.ts';
import { type Exchange, sendJson, unsupported } from '../http/answer.ts';
import type { Route } from '../http/route.ts';
import { type TokenGrant, tokenLifeSeconds, Tokens } from './tokens.ts';

export interface Access {
  /** Throws UNAUTHORIZED, with the challenge that tells clients how to go on. */
  demand(exchange: Exchange, route: Route): Promise<void>;
  /** GET `/v2/token`, where there is such a thing. */
  serveToken?(exchange: Exchange): Promise<void>;
}

/** Whether a header names a user with the right password: `Htpasswd.accepts`. */
type Accepts = (authorization: string | undefined) => Promise<boolean>;

/** Nothing without a password: RFC 9110, 11.6.1, with RFC 7617's scheme. */
export function passwordForAll(accepts: Accepts): Access {
  return {
    async demand({ request }) {
      if (!(await accepts(request.headers.authorization))) throw unauthorized(basicChallenge);
    },
  };
}

/**
 * Everybody reads, users with a password write. Real clients decide at `GET /v2/` alone whether they will ever show credentials: docker
 * shows none when that answers 200, and refuses to go on without any when the challenge is Basic. What serves both is what public
 * registries do: the bare `/v2/` is always challenged with Bearer, and the token service (distribution, "Token Authentication") gives
 * one to everybody, good for what they have shown. Those who ask for neither (the nodes, curl) read without, and write with Basic.
 */
export class PasswordForWrites implements Access {
  private readonly tokens: Tokens;

  constructor(
    private readonly accepts: Accepts,
    clock: Clock,
    random: Random,
  ) {
    this.tokens = new Tokens(clock, random);
  }

  async demand({ request }: Exchange, route: Route): Promise<void> {
    if (route.handler === 'token') return;
    const shown = await this.shown(request.headers.authorization);
    const needed = neededFor(route, request.method);
    if (shown === 'push' || (shown === 'pull' && needed !== 'push') || (shown === 'nothing' && needed === 'nothing')) return;
    const error = shown === 'pull' ? 'insufficient_scope' : shown === 'wrong' ? 'invalid_token' : undefined;
    throw unauthorized(bearerChallenge(request, route, error));
  }

  /** Credentials that are wrong are refused here: `docker login` and its like learn it so. */
  async serveToken(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    if (request.method !== 'GET' && request.method !== 'HEAD') throw unsupported(request.method ?? '', ['GET']);
    const { authorization } = request.headers;
    const grant = authorization === undefined ? 'pull' : (await this.accepts(authorization)) ? 'push' : undefined;
    if (!grant) throw unauthorized(basicChallenge);
    const token = this.tokens.issue(grant);
    sendJson(exchange, { token, access_token: token, expires_in: tokenLifeSeconds }, { 'cache-control': 'no-store' });
  }

  private async shown(authorization: string | undefined): Promise<TokenGrant | 'nothing' | 'wrong'> {
    if (authorization === undefined) return 'nothing';
    const bearer = /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    if (bearer !== undefined) return this.tokens.grantOf(bearer) ?? 'wrong';
    return (await this.accepts(authorization)) ? 'push' : 'wrong';
  }
}

/** Uploads belong to who pushes, whatever the method: their addresses and states are nobody else's business. */
function neededFor({ handler }: Route, method: string | undefined): TokenGrant | 'nothing' {
  if (handler === 'base') return 'pull';
  const isRead = (method === 'GET' || method === 'HEAD') && handler !== 'blob-upload' && handler !== 'blob-upload-chunk';
  return isRead ? 'nothing' : 'push';
}

const basicChallenge = 'Basic realm="registry", charset="UTF-8"';

/** The token service is this server, under the name by which the client reached it. */
function bearerChallenge(request: IncomingMessage, route: Route, error: string | undefined): string {
  const { host = '' } = request.headers;
  const { localAddress, localPort } = request.socket;
  const name = /^[\w.:[\]-]+$/.test(host) ? host : `${localAddress}:${localPort}`;
  const scheme = (request.socket as TLSSocket).encrypted ? 'https' : 'http';
  const actions = request.method === 'DELETE' ? 'delete' : 'pull,push';
  const scope = 'name' in route ? `,scope="repository:${route.name}:${actions}"` : '';
  return `Bearer realm="${scheme}://${name}/v2/token",service="${name}"${scope}${error ? `,error="${error}"` : ''}`;
}

function unauthorized(challenge: string): RegistryError {
  return new RegistryError('UNAUTHORIZED', 'authentication required', { headers: { 'www-authenticate': challenge } });
}
