export { type CertificateRequest, createAuthority, createSigningKey, daysLeft, issueCertificate, type KeyPairPem } from './authority.ts';
export { bcryptSetting, type Crypt, loadCrypt } from './crypt.ts';
