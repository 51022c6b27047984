export {
  certificateEnd,
  type CertificateRequest,
  createAuthority,
  createSigningKey,
  daysLeft,
  issueCertificate,
  type KeyPairPem,
} from './authority.ts';
export { type CertificateRequestContent, parseCertificateRequest, verifyCertificateRequest } from './certificate-request.ts';
export { certificateFault } from './certificate-text.ts';
export { certificateUsages, signCertificateRequest, type SigningPolicy } from './sign-request.ts';
export { detachedSignature } from './detached-signature.ts';
export { legacyClaims, legacyIssuer, type LegacyToken, signLegacyToken, type TokenKeys, tokenKeys } from './token-keys.ts';
export { bcryptSetting, type Crypt, loadCrypt } from './crypt.ts';
export { checkedTlsPair, tlsPairOf } from './tls-pair.ts';
