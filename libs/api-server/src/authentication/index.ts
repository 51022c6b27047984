export { createAuthenticator } from './authenticator.ts';
export { impersonate } from './impersonation.ts';
export { certificateFrom, certificateOf } from './peer-certificate.ts';
