export { type CertificateRequest, createAuthority, createSigningKey, daysLeft, issueCertificate, type KeyPairPem } from './authority.ts';
