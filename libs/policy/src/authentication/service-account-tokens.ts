import { exportJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { Gvk, KubeObject } from '#api';
import type { ClusterView } from '#api-server/contract';
import type { Secret } from '#api/types';
import type { Clock, Random } from '#base';
import type { KindIo, UserInfo } from '#kinds/contract';
import { legacyClaims, legacyIssuer, type TokenKeys, tokenKeys } from '#pki';

interface ObjectIdentity {
  name: string;
  uid: string;
}

/** KEP-1205 and "Managing Service Accounts", "Schema for service account private claims". */
interface PrivateClaims {
  namespace: string;
  serviceaccount: ObjectIdentity;
  pod?: ObjectIdentity;
  secret?: ObjectIdentity;
  node?: ObjectIdentity;
  warnafter?: number;
}

interface VerifiedToken {
  audiences: readonly string[];
  claims: PrivateClaims;
  id: string;
  expiresSeconds: number;
  /** The Secret that holds the token, and that ends with it. */
  heldIn?: string;
}

interface Options {
  /** PKCS #8 or SEC 1 private key; signs and, by its public half, verifies. */
  keyPem: string;
  issuer: string;
  view: ClusterView;
  clock: Clock;
  random: Random;
}

const core = (kind: string): Gvk => ({ group: '', version: 'v1', kind });
const maxCachedTokens = 4096;
/** KEP-2799: put on a Secret whose token nobody has used for long. */
const invalidSince = 'kubernetes.io/legacy-token-invalid-since';
/** What the ServiceAccount admission plugin asks for: such tokens live for a year, so that clients which read their token once keep working. */
export const injectedTokenSeconds = 3607;
const extendedSeconds = 365 * 24 * 60 * 60;
const extraPrefix = 'authentication.kubernetes.io/';

/** Issues and checks the tokens of service accounts: JWTs signed with the cluster's own key. */
export class ServiceAccountTokens {
  private readonly verified = new Map<string, VerifiedToken>();

  constructor(
    private readonly options: Options,
    private readonly keys: TokenKeys,
  ) {}

  /** A token for an empty list of audiences is meant for the API itself. */
  async issue(request: Parameters<KindIo['tokens']['issue']>[0]): Promise<{ token: string; expires: Date }> {
    const issued = Math.floor(this.options.clock.now().getTime() / 1000);
    const audiences = request.audiences.length ? [...request.audiences] : [this.options.issuer];
    const extended =
      request.expirationSeconds === injectedTokenSeconds && request.bound?.kind === 'Pod' && audiences.includes(this.options.issuer);
    const expires = issued + request.expirationSeconds;
    const claims: PrivateClaims = {
      namespace: request.namespace,
      serviceaccount: { name: request.name, uid: request.uid },
      ...this.boundTo(request.namespace, request.bound),
      ...(extended && { warnafter: expires }),
    };
    const token = await new SignJWT({ 'kubernetes.io': claims })
      .setProtectedHeader({ alg: this.keys.algorithm, kid: this.keys.keyId })
      .setIssuer(this.options.issuer)
      .setSubject(usernameOf(claims))
      .setAudience(audiences)
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(extended ? issued + extendedSeconds : expires)
      .setJti(this.options.random.uuid())
      .sign(this.keys.privateKey);
    return { token, expires: new Date(expires * 1000) };
  }

  /** Undefined when it is no token of this cluster, has run out, is meant for others, or what it is bound to is gone. */
  async review(token: string, audiences: readonly string[]): Promise<{ user: UserInfo; audiences: readonly string[] } | undefined> {
    const verified = await this.verify(token);
    if (!verified) return undefined;
    const wanted = audiences.length ? audiences : [this.options.issuer];
    const common = wanted.filter((audience) => verified.audiences.includes(audience));
    if (common.length === 0 || !this.stillHolds(verified.claims)) return undefined;
    if (verified.heldIn !== undefined && !this.isHeld(token, verified.claims.namespace, verified.heldIn)) return undefined;
    return { user: userOf(verified), audiences: common };
  }

  /** RFC 7517; for relying parties outside the cluster. */
  async jwks(): Promise<{ keys: object[] }> {
    const key = await exportJWK(this.keys.publicKey);
    return { keys: [{ use: 'sig', ...key, kid: this.keys.keyId, alg: this.keys.algorithm }] };
  }

  /** OpenID Connect Discovery 1.0, as much of it as tokens of this kind need. */
  discovery(externalUrl: string): object {
    return {
      issuer: this.options.issuer,
      jwks_uri: `${externalUrl}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [this.keys.algorithm],
    };
  }

  private boundTo(namespace: string, bound: { kind: string; name: string; uid: string } | undefined): Partial<PrivateClaims> {
    if (!bound) return {};
    const identity = { name: bound.name, uid: bound.uid };
    if (bound.kind === 'Secret') return { secret: identity };
    if (bound.kind === 'Node') return { node: identity };
    const pod = this.options.view.get<KubeObject & { spec?: { nodeName?: string } }>(core('Pod'), namespace, bound.name);
    const node = pod?.spec?.nodeName ? this.options.view.get(core('Node'), '', pod.spec.nodeName) : undefined;
    return { pod: identity, ...(node && { node: { name: node.metadata.name ?? '', uid: node.metadata.uid ?? '' } }) };
  }

  /** Signature, issuer and times. Signatures are checked once a token; times and what it is bound to, each time. */
  private async verify(token: string): Promise<VerifiedToken | undefined> {
    const now = this.options.clock.now();
    const known = this.verified.get(token);
    if (known) {
      if (known.expiresSeconds * 1000 > now.getTime()) return known;
      this.verified.delete(token);
      return undefined;
    }
    const payload = await jwtVerify(token, this.keys.publicKey, {
      issuer: [this.options.issuer, legacyIssuer],
      algorithms: [this.keys.algorithm],
      currentDate: now,
    }).then(
      (result) => result.payload,
      () => undefined, // malformed, forged, expired or foreign: all of them are "not one of ours"
    );
    const verified = payload && (payload.iss === legacyIssuer ? this.legacy(payload) : verifiedOf(payload));
    if (!verified) return undefined;
    if (this.verified.size >= maxCachedTokens) {
      const oldest = this.verified.keys().next();
      if (!oldest.done) this.verified.delete(oldest.value);
    }
    this.verified.set(token, verified);
    return verified;
  }

  /** Tokens from before KEP-1205 have neither an end nor an audience. */
  private legacy(payload: JWTPayload): VerifiedToken | undefined {
    const token = legacyClaims(payload);
    if (!token) return undefined;
    const claims = { namespace: token.namespace, serviceaccount: token.account };
    return { audiences: [this.options.issuer], claims, id: '', expiresSeconds: Infinity, heldIn: token.secret };
  }

  /** The Secret is the server's copy of the token: without it, or with another in it, the token is void. */
  private isHeld(token: string, namespace: string, name: string): boolean {
    const secret = this.options.view.get<Secret>(core('Secret'), namespace, name);
    if (!secret || secret.metadata.deletionTimestamp || secret.metadata.labels?.[invalidSince] !== undefined) return false;
    return Buffer.from(secret.data?.['token'] ?? '', 'base64').toString() === token;
  }

  private stillHolds({ namespace, serviceaccount, pod, secret, node }: PrivateClaims): boolean {
    const there = (kind: string, place: string, identity: ObjectIdentity | undefined): boolean => {
      if (!identity) return true;
      const object = this.options.view.get(core(kind), place, identity.name);
      if (!object || object.metadata.uid !== identity.uid) return false;
      const deleted = object.metadata.deletionTimestamp;
      // A deleted object's tokens hold for another minute, so that its last words are heard; upstream allows as long.
      return !deleted || Date.parse(deleted) + 60_000 > this.options.clock.now().getTime();
    };
    return (
      there('ServiceAccount', namespace, serviceaccount) &&
      there('Pod', namespace, pod) &&
      there('Secret', namespace, secret) &&
      (pod !== undefined || there('Node', '', node))
    );
  }
}

/** Throws when the PEM text holds no private key that can sign. */
export function createServiceAccountTokens(options: Options): ServiceAccountTokens {
  return new ServiceAccountTokens(options, tokenKeys(options.keyPem));
}

function verifiedOf(payload: JWTPayload): VerifiedToken | undefined {
  const claims = payload['kubernetes.io'] as PrivateClaims | undefined;
  if (!claims?.namespace || !claims.serviceaccount?.name || payload.exp === undefined) return undefined;
  if (payload.sub !== usernameOf(claims)) return undefined;
  return {
    audiences: typeof payload.aud === 'string' ? [payload.aud] : (payload.aud ?? []),
    claims,
    id: payload.jti ?? '',
    expiresSeconds: payload.exp,
  };
}

function usernameOf({ namespace, serviceaccount }: PrivateClaims): string {
  return `system:serviceaccount:${namespace}:${serviceaccount.name}`;
}

function userOf({ claims, id }: VerifiedToken): UserInfo {
  const { pod, node, namespace, serviceaccount } = claims;
  return {
    username: usernameOf(claims),
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {
      ...(id && { [`${extraPrefix}credential-id`]: [`JTI=${id}`] }),
      ...(node && { [`${extraPrefix}node-name`]: [node.name], [`${extraPrefix}node-uid`]: [node.uid] }),
      ...(pod && { [`${extraPrefix}pod-name`]: [pod.name], [`${extraPrefix}pod-uid`]: [pod.uid] }),
    },
  };
}
