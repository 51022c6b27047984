import { lookUp } from '#base';
import { badRequest, conflict, type FieldError, invalid, invalidValue, type KubeObject, notFound, timestamp } from '#api';
import type { ServiceAccount, TokenRequest } from '#api/types';
import type { KindIo } from '../../contract.ts';
import { textOf } from '../../rules/base64.ts';

const tokenKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

/** What a token may be bound to: it dies with the object. */
const bindable: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

/** Issues a token of the account: POST of a TokenRequest, which is answered with its status filled in. */
export async function requestToken(account: ServiceAccount, body: KubeObject, io: KindIo): Promise<KubeObject> {
  const request = body as TokenRequest;
  const { namespace = '', name = '', uid = '' } = account.metadata;
  const expirationSeconds = request.spec?.expirationSeconds ?? 3600;
  const errors = validateRequest(expirationSeconds);
  if (errors.length > 0) throw invalid(tokenKind, request.metadata?.name ?? '', errors);
  const bound = boundObject(account, request, io);
  const audiences = request.spec?.audiences ?? [];
  const { token, expires } = await io.tokens.issue({ namespace, name, uid, audiences, expirationSeconds, ...(bound && { bound }) });
  const expirationTimestamp = timestamp(expires);
  const answer: TokenRequest = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace },
    spec: { ...request.spec, audiences: audiences.length > 0 ? audiences : audiencesOf(token), expirationSeconds },
    status: { token, expirationTimestamp },
  };
  return answer;
}

/** Whom a token without named audiences is for: the API, as it says itself (RFC 7519 §4.1.3). */
function audiencesOf(token: string): string[] {
  const claims = token.split('.')[1];
  if (claims === undefined) return [];
  const { aud = [] } = JSON.parse(textOf(claims.replaceAll('-', '+').replaceAll('_', '/'))) as { aud?: string | string[] };
  return typeof aud === 'string' ? [aud] : aud;
}

function validateRequest(seconds: number): FieldError[] {
  const field = 'spec.expirationSeconds';
  if (seconds < 600) return [invalidValue(field, seconds, 'may not specify a duration less than 10 minutes')];
  return seconds > 2 ** 32 ? [invalidValue(field, seconds, 'may not specify a duration larger than 2^32 seconds')] : [];
}

function boundObject(account: ServiceAccount, request: TokenRequest, io: KindIo): { kind: string; name: string; uid: string } | undefined {
  const reference = request.spec?.boundObjectRef;
  if (!reference) return undefined;
  const { kind = '', apiVersion = 'v1', name = '', uid } = reference;
  const owner = account.metadata.name ?? '';
  const resource = lookUp(bindable, kind);
  if (!resource || apiVersion !== 'v1') {
    throw badRequest(`cannot bind token for serviceaccount "${owner}" to type /${apiVersion}, Kind=${kind}`);
  }
  const namespace = kind === 'Node' ? '' : (account.metadata.namespace ?? '');
  const object = io.get<KubeObject & { spec?: { serviceAccountName?: string } }>({ group: '', version: 'v1', kind }, namespace, name);
  if (!object) throw notFound({ group: '', resource }, name);
  if (kind === 'Pod' && object.spec?.serviceAccountName !== owner) {
    throw badRequest(`cannot bind token for serviceaccount "${owner}" to pod running with different serviceaccount name.`);
  }
  const actual = object.metadata.uid ?? '';
  if (uid && uid !== actual) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', resource }, name, why);
  }
  return { kind, name, uid: actual };
}
