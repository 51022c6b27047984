import type { ClusterView } from '#api-server/contract';
import type { Authorizer } from '#api-server/contract';
import type { AccessRules, AuthorizationAttributes, UserInfo } from '#kinds/contract';
import { nodeNameOf } from '#objects';
import { NodeAuthorizer } from './node-authorizer.ts';
import { RbacAuthorizer } from './rbac-authorizer.ts';

/** Passes every check, RBAC unread: the way in when roles are broken. */
export const superusers = 'system:masters';

/** All authorizers in order; the first that allows decides, and each refusal's reason is told. */
export interface ClusterAuthorizer extends Authorizer {
  readonly rbac: RbacAuthorizer;
  /** For SelfSubjectRulesReview. */
  rulesFor(user: UserInfo, namespace: string): AccessRules;
}

/** Superusers may do all; then nodes (`--authorization-mode=Node`), then roles. The reasons of all that refused are told together. */
export function createAuthorizer(view: ClusterView): ClusterAuthorizer {
  const nodes = new NodeAuthorizer(view);
  const rbac = new RbacAuthorizer(view);
  return {
    rbac,
    rulesFor: (user, namespace) => accessRules(rbac, user, namespace),
    async authorize(user: UserInfo, attributes: AuthorizationAttributes) {
      if (user.groups.includes(superusers)) return { allowed: true, reason: '' };
      const asNode = nodes.decide(user, attributes);
      if (asNode?.allowed) return asNode;
      const byRole = rbac.decide(user, attributes);
      if (byRole.allowed || !asNode?.reason) return byRole;
      return { allowed: false, reason: [asNode.reason, byRole.reason].filter(Boolean).join(', ') };
    },
  };
}

/** Superusers hold everything through the binding of `cluster-admin`; what the node authorizer allows cannot be listed. */
function accessRules(rbac: RbacAuthorizer, user: UserInfo, namespace: string): AccessRules {
  const { rules, missing } = rbac.rulesFor(user, namespace);
  const errors = [...(nodeNameOf(user) === undefined ? [] : ['node authorizer does not support user rule resolution']), ...missing];
  return {
    resourceRules: rules
      .filter((rule) => rule.resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, ...(resourceNames && { resourceNames }) })),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: errors.length > 0,
    ...(errors.length && { evaluationError: errors.join(', ') }),
  };
}
