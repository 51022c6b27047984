import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { lookUp } from '#base';
import { SignJWT } from 'jose';

/** The cluster's key for the tokens of service accounts. */
export interface TokenKeys {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** As JWS names it (RFC 7518, 3.1): `alg` of the tokens. */
  algorithm: string;
  /** `kid` of the tokens: SHA-256 of the public key's SubjectPublicKeyInfo in DER, base64url, as upstream makes it. */
  keyId: string;
}

/** Throws when the PEM text (PKCS #8 or SEC 1) holds no private key that can sign. */
export function tokenKeys(pem: string): TokenKeys {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const keyId = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { privateKey, publicKey, algorithm: algorithmOf(privateKey), keyId };
}

/** RFC 7518, 3.1: one algorithm for each kind of key. */
function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const byCurve: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
  const algorithm = curve && lookUp(byCurve, curve);
  if (!algorithm)
    throw new Error(`service-account keys are RSA or ECDSA on P-256, P-384 or P-521, not ${key.asymmetricKeyType ?? 'unknown'}`);
  return algorithm;
}

/** What tokens in Secrets say of who issued them. */
export const legacyIssuer = 'kubernetes/serviceaccount';

/** `k8s.io/kubernetes/pkg/serviceaccount`, legacy.go: names of the private claims. */
const claim = {
  namespace: 'kubernetes.io/serviceaccount/namespace',
  secret: 'kubernetes.io/serviceaccount/secret.name',
  account: 'kubernetes.io/serviceaccount/service-account.name',
  uid: 'kubernetes.io/serviceaccount/service-account.uid',
} as const;

/** What such a token says: the Secret that holds it, and the account that it speaks for. */
export interface LegacyToken {
  namespace: string;
  secret: string;
  account: { name: string; uid: string };
}

/** A token without end, for a Secret of type `kubernetes.io/service-account-token`. */
export function signLegacyToken(keys: TokenKeys, { namespace, secret, account }: LegacyToken): Promise<string> {
  const claims = { [claim.namespace]: namespace, [claim.secret]: secret, [claim.account]: account.name, [claim.uid]: account.uid };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: keys.algorithm, kid: keys.keyId })
    .setIssuer(legacyIssuer)
    .setSubject(`system:serviceaccount:${namespace}:${account.name}`)
    .sign(keys.privateKey);
}

/**
 * undefined: not the claims of such a token. For a payload whose signature has been verified; whether the Secret and the account still are
 * there is the caller's to find out.
 */
export function legacyClaims(payload: Readonly<Record<string, unknown>>): LegacyToken | undefined {
  const text = (name: string): string => {
    const value = lookUp(payload, name);
    return typeof value === 'string' ? value : '';
  };
  const token = {
    namespace: text(claim.namespace),
    secret: text(claim.secret),
    account: { name: text(claim.account), uid: text(claim.uid) },
  };
  const { namespace, secret, account } = token;
  if (payload['iss'] !== legacyIssuer || !namespace || !secret || !account.name || !account.uid) return undefined;
  return payload['sub'] === `system:serviceaccount:${namespace}:${account.name}` ? token : undefined;
}
