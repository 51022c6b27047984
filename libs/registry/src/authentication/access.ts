import { RegistryError } from '../contract.ts';
import type { Exchange } from '../http/answer.ts';
import type { Route } from '../http/route.ts';
import type { Action } from '../settings/access.ts';

/** What somebody who was let in may do. */
export interface Permits {
  /** undefined: nobody has said who they are. */
  user?: string | undefined;
  may(action: Action, repository: string): boolean;
  /** Whether they may know of the repository, whatever for they have asked this time. */
  sees(repository: string): boolean;
}

/** Of a registry that asks nobody. */
export const everything: Permits = { may: () => true, sees: () => true };

export interface Access {
  /** Throws UNAUTHORIZED with the challenge that tells clients how to go on, and DENIED where no login would help. */
  demand(exchange: Exchange, route: Route): Promise<Permits>;
  /** GET and POST `/v2/token`, where there is such a thing. */
  serveToken?(exchange: Exchange): Promise<void>;
}

export const basicChallenge = 'Basic realm="registry", charset="UTF-8"';

/** Nothing without a password: RFC 9110, 11.6.1, with RFC 7617's scheme. `userOf`: whose name and password a header has. */
export function passwordForAll(userOf: (authorization: string | undefined) => Promise<string | undefined>): Access {
  return {
    async demand({ request }) {
      const user = await userOf(request.headers.authorization);
      if (user === undefined) throw unauthorized(basicChallenge);
      return { ...everything, user };
    },
  };
}

export function unauthorized(challenge: string): RegistryError {
  return new RegistryError('UNAUTHORIZED', 'authentication required', { headers: { 'www-authenticate': challenge } });
}
