import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import { certificateFrom } from '../authentication/index.ts';
import { forbiddenBy } from '../errors/refusal.ts';
import type { Authenticator, Authorizer, Credentials } from '../contract.ts';

/** The part of any server call that says who calls. */
export type CallWithPeer = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

/** The identity that the peer's client certificate proves. */
export function callerOf(call: CallWithPeer, authenticator: Authenticator): Promise<UserInfo> {
  const certificate = certificateOfCall(call);
  return authenticator.authenticate(certificate ? { certificate } : {});
}

type Certificate = Credentials['certificate'];
const byConnection = new WeakMap<object, { certificate: Certificate }>();

/** Asked once a connection: taking a certificate apart for every call was a tenth of what the server did while pods were started. */
export function certificateOfCall(call: CallWithPeer): Certificate {
  const connection = connectionOf(call);
  const known = connection && byConnection.get(connection);
  if (known) return known.certificate;
  const certificate = certificateFrom(call.getAuthContext().sslPeerCertificate);
  if (connection) byConnection.set(connection, { certificate });
  return certificate;
}

/** What grpc-js keeps to itself: a call, in the interceptors around it, on a stream of an HTTP/2 session. */
interface Inner {
  call?: Inner;
  nextCall?: Inner;
  stream?: { session?: object };
}

/** The connection of a call; undefined where grpc-js is built otherwise: then every call is looked at. */
function connectionOf(call: CallWithPeer): object | undefined {
  let inner: Inner | undefined = (call as Inner).call;
  while (inner && !inner.stream) inner = inner.nextCall;
  return inner?.stream?.session;
}

/** Throws ApiError 403. */
export async function demand(user: UserInfo, attributes: AuthorizationAttributes, authorizer: Authorizer): Promise<void> {
  const { allowed, reason } = await authorizer.authorize(user, attributes);
  if (!allowed) throw forbiddenBy(user, attributes, reason);
}
