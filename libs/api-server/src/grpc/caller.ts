import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import { certificateFrom } from '../authentication/index.ts';
import { forbiddenBy } from '../authorization/index.ts';
import type { Authenticator, Authorizer } from '../contract.ts';

/** The part of any server call that says who calls. */
export type CallWithPeer = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

/** The identity that the peer's client certificate proves. */
export function callerOf(call: CallWithPeer, authenticator: Authenticator): Promise<UserInfo> {
  const certificate = certificateFrom(call.getAuthContext().sslPeerCertificate);
  return authenticator.authenticate(certificate ? { certificate } : {});
}

/** Throws ApiError 403. */
export async function demand(user: UserInfo, attributes: AuthorizationAttributes, authorizer: Authorizer): Promise<void> {
  const { allowed, reason } = await authorizer.authorize(user, attributes);
  if (!allowed) throw forbiddenBy(user, attributes, reason);
}

/** A list or watch that a field selector narrows to one object counts as a request for that object, as over HTTPS. */
export function nameInSelector(fieldSelector: string): string | undefined {
  for (const term of fieldSelector.split(',')) {
    const [, name] = /^metadata\.name={1,2}([^=!]+)$/.exec(term) ?? [];
    if (name) return name;
  }
  return undefined;
}
