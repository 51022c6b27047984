export { type CertificateRequest, createAuthority, createSigningKey, daysLeft, issueCertificate, type KeyPairPem } from './authority.ts';
export { legacyClaims, legacyIssuer, type LegacyToken, signLegacyToken, type TokenKeys, tokenKeys } from './token-keys.ts';
export { bcryptSetting, type Crypt, loadCrypt } from './crypt.ts';
