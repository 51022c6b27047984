export { type ClusterAuthorizer, createAuthorizer } from './authorizer.ts';
export type { PolicyRule } from './default-rbac/notation.ts';
export { apiServerUser, defaultRbac, reconcileDefaultRbac } from './reconcile-defaults.ts';
export { startRoleAggregation } from './role-aggregation.ts';
export { refusalOfGrant, uncovered } from './policy-rule.ts';
