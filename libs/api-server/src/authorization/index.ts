export { type ClusterAuthorizer, createAuthorizer } from './authorizer.ts';
export type { PolicyRule } from './default-rbac/notation.ts';
export { nodeNameOf } from './node-authorizer.ts';
export { isMirrorPod, mountsToken, referredKinds, secretNames } from './pod-references.ts';
export { apiServerUser, defaultRbac, reconcileDefaultRbac } from './reconcile-defaults.ts';
export { forbiddenBy } from './refusal.ts';
export { startRoleAggregation } from './role-aggregation.ts';
export { refusalOfGrant, uncovered } from './policy-rule.ts';
