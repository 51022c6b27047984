import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { RegistryError } from '../contract.ts';
import { type Exchange, sendJson, unsupported } from '../http/answer.ts';
import type { Route } from '../http/route.ts';
import { type Access, basicChallenge, type Permits, unauthorized } from './access.ts';
import type { Passwords } from './passwords.ts';
import type { Rights } from './rights.ts';
import { type Grant, grants, type Need, type Needs, needsOf, parseScopes, scopeText } from './scope.ts';
import { readTokenRequest } from './token-request.ts';
import { type AccessToken, tokenLifeSeconds, type Tokens } from './tokens.ts';

/** As of now: the file that it comes from may change while the registry runs. */
export interface TokenPolicy {
  rights: Rights;
  /** The audience of tokens. */
  service: string;
  /** Where the token service is, when it is not this server under the name by which a client reached it. */
  realm?: URL | undefined;
}

interface TokenAccessOptions {
  passwords: Pick<Passwords, 'userOf' | 'accepts' | 'markOf'>;
  tokens: Tokens;
  policy: () => Promise<TokenPolicy>;
}

/**
 * Rights by repository, shown by tokens of an own token service (distribution, "Token Authentication Specification"). Real clients decide
 * at `GET /v2/` alone whether they will ever show credentials: docker shows none when that answers 200, and refuses to go on without any
 * when the challenge is Basic. What serves both is what public registries do: the bare `/v2/` is always challenged with Bearer. Those who
 * ask for no token (the nodes, curl) read without where everybody may, and else show their password (Basic).
 *
 * A token is good for what it was asked for, as long as its user may do that: a right that is taken away counts at once.
 */
export class TokenAccess implements Access {
  constructor(private readonly options: TokenAccessOptions) {}

  async demand({ request, query }: Exchange, route: Route): Promise<Permits> {
    const policy = await this.options.policy();
    const { rights } = policy;
    if (route.handler === 'token') return { may: () => false, sees: () => false };
    const needs = needsOf(route, request.method, query);
    const shown = await this.shown(request.headers.authorization, policy);
    // A browser knows no tokens: it asks for a password where it is told to.
    const isPage = route.handler === 'page';
    if (shown === 'wrong') throw unauthorized(isPage ? basicChallenge : challenge(request, policy, needs, 'invalid_token'));
    const { user, access } = shown;
    const permits = permitsOf(shown, rights);
    const holds = (need: Need): boolean =>
      need.type === 'registry'
        ? rights.knowsAnonymous || (user !== undefined && permits.lists)
        : need.actions.every((action) => permits.may(action, need.name));
    const isNobody = user === undefined && access === undefined;
    const needsUser = route.handler === 'base' || (isPage && route.page === 'login');
    if (needsUser ? !isNobody : needs.grants.every(holds)) return permits;
    // With a password there is nothing more to show.
    if (user !== undefined && access === undefined) throw denied(needs);
    if (isPage) throw unauthorized(basicChallenge);
    throw unauthorized(challenge(request, policy, needs, isNobody ? undefined : 'insufficient_scope'));
  }

  /** Credentials that are wrong are refused here: `docker login` and its like learn it so. */
  async serveToken(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    if (!['GET', 'HEAD', 'POST'].includes(request.method ?? '')) throw unsupported(request.method ?? '', ['GET', 'POST']);
    const { passwords, tokens } = this.options;
    const { rights, service } = await this.options.policy();
    const asked = await readTokenRequest(exchange);
    if (asked.service !== undefined && asked.service !== service)
      throw new RegistryError('DENIED', `this token service is for '${service}' alone`, {
        status: 400,
        detail: { service: asked.service },
      });
    const user = await this.userOf(asked, service);
    if (user === undefined && (asked.by !== 'nobody' || !rights.knowsAnonymous)) throw unauthorized(basicChallenge);
    const access = granted(parseScopes(asked.scopes), rights, user);
    const token = await tokens.issue({ user, access }, service);
    const mark = user !== undefined && asked.wantsRefresh ? await passwords.markOf(user) : undefined;
    const answer = {
      token,
      access_token: token,
      expires_in: tokenLifeSeconds,
      scope: access.map(scopeText).join(' '),
      ...(user !== undefined && mark && { refresh_token: await tokens.issueRefresh(user, mark, service) }),
    };
    sendJson(exchange, answer, { 'cache-control': 'no-store', pragma: 'no-cache' });
  }

  private async userOf(asked: Awaited<ReturnType<typeof readTokenRequest>>, service: string): Promise<string | undefined> {
    const { passwords, tokens } = this.options;
    switch (asked.by) {
      case 'nobody':
        return undefined;
      case 'header':
        return passwords.userOf(asked.authorization);
      case 'password':
        return (await passwords.accepts(asked.username, asked.password)) ? asked.username : undefined;
      case 'refresh': {
        const refresh = await tokens.verifyRefresh(asked.refreshToken, service);
        return refresh && (await passwords.markOf(refresh.user)) === refresh.mark ? refresh.user : undefined;
      }
    }
  }

  /** `access` undefined: no token, but a password or nothing at all, which is good for all that its user may do. */
  private async shown(authorization: string | undefined, { service }: TokenPolicy): Promise<Partial<AccessToken> | 'wrong'> {
    if (authorization === undefined) return {};
    const bearer = /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    if (bearer !== undefined) return (await this.options.tokens.verify(bearer, service)) ?? 'wrong';
    const user = await this.options.passwords.userOf(authorization);
    return user === undefined ? 'wrong' : { user };
  }
}

/** What a token need not say: everybody may do it, without one. */
function permitsOf({ user, access }: Partial<AccessToken>, rights: Rights): Permits & { lists: boolean } {
  const lists = access === undefined || grants(access, 'registry', 'catalog', '*');
  return {
    user,
    lists,
    may: (action, repository) =>
      rights.may(undefined, action, repository) ||
      ((access === undefined || grants(access, 'repository', repository, action)) && rights.may(user, action, repository)),
    sees: (repository) => rights.may(lists ? user : undefined, 'pull', repository),
  };
}

/** What is asked for and may be done; less is no error ("Requesting a Token"): the registry refuses what then is missing. */
function granted(wanted: readonly Grant[], rights: Rights, user: string | undefined): Grant[] {
  return wanted.flatMap((grant): Grant[] => {
    const may: readonly string[] = grant.type === 'registry' ? (knows(rights, user) ? ['*'] : []) : rights.of(user, grant.name);
    const actions = may.filter((action) => grant.actions.includes(action) || grant.actions.includes('*'));
    return actions.length > 0 ? [{ ...grant, actions }] : [];
  });
}

/** Who may list repositories: the list has only those that they may pull. */
function knows(rights: Rights, user: string | undefined): boolean {
  return user !== undefined || rights.knowsAnonymous;
}

/** The token service is this server, under the name by which the client reached it. */
function challenge(request: IncomingMessage, { service, realm }: TokenPolicy, needs: Needs, error: string | undefined): string {
  const { host = '' } = request.headers;
  const { localAddress, localPort } = request.socket;
  const name = /^[\w.:[\]-]+$/.test(host) ? host : `${localAddress}:${localPort}`;
  const scheme = (request.socket as TLSSocket).encrypted ? 'https' : 'http';
  const scopes = [...needs.grants, ...needs.wished].map(scopeText).join(' ');
  const parameters = {
    realm: realm?.href ?? `${scheme}://${name}/v2/token`,
    service,
    ...(scopes && { scope: scopes }),
    ...(error && { error }),
  };
  return `Bearer ${Object.entries(parameters)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}`;
}

/** Docker's words for it. */
function denied(needs: Needs): RegistryError {
  return new RegistryError('DENIED', 'requested access to the resource is denied', {
    detail: needs.grants.map(({ type, name, actions }) => ({ Type: type, Name: name, Action: actions.join(',') })),
  });
}
