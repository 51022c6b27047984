export { parsePodSecurity, type PodSecurityConfiguration } from './admission/index.ts';
export { createPolicy, type PolicyOptions } from './policy.ts';
