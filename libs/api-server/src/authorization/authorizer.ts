import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import type { ClusterView } from '../cluster-view.ts';
import type { Authorizer } from '../contract.ts';
import { NodeAuthorizer } from './node-authorizer.ts';
import { RbacAuthorizer } from './rbac-authorizer.ts';

export const superusers = 'system:masters';

/** All authorizers in order; the first that allows decides, and each refusal's reason is told. */
export interface ClusterAuthorizer extends Authorizer {
  readonly rbac: RbacAuthorizer;
}

export function createAuthorizer(view: ClusterView): ClusterAuthorizer {
  const nodes = new NodeAuthorizer(view);
  const rbac = new RbacAuthorizer(view);
  return {
    rbac,
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
