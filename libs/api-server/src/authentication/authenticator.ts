import { unauthorized } from '#api';
import type { KindIo, UserInfo } from '#kinds/contract';
import type { Authenticator, Credentials } from '../contract.ts';

export const authenticatedGroup = 'system:authenticated';

/** Who shows nothing. RBAC lets it see health and versions only. */
export const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Client certificate first, then the bearer token; a token that is not good is refused, never taken for anonymous. */
export function createAuthenticator({ tokens }: { tokens: Pick<KindIo['tokens'], 'review'> }): Authenticator {
  return {
    async authenticate({ certificate, token }: Credentials): Promise<UserInfo> {
      if (certificate?.commonName) return certificateUser(certificate);
      if (token === undefined) return anonymous;
      const reviewed = await tokens.review(token, []);
      if (!reviewed) throw unauthorized();
      return reviewed.user;
    },
  };
}

const users = new WeakMap<object, UserInfo>();

/** Made once a connection. */
function certificateUser(certificate: NonNullable<Credentials['certificate']>): UserInfo {
  let user = users.get(certificate);
  if (!user) users.set(certificate, (user = userOf(certificate)));
  return user;
}

function userOf({ commonName, organizations, fingerprint }: NonNullable<Credentials['certificate']>): UserInfo {
  const groups = organizations.filter((name) => name !== '');
  return {
    username: commonName,
    groups: groups.includes(authenticatedGroup) ? groups : [...groups, authenticatedGroup],
    ...(fingerprint && { extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] } }),
  };
}
