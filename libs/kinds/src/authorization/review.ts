import type { SelfSubjectAccessReview, SubjectAccessReview, SubjectAccessReviewStatus } from '#api/types';
import type { AuthorizationAttributes, KindIo, UserInfo } from '../contract.ts';

type Spec = Pick<SelfSubjectAccessReview['spec'], 'resourceAttributes' | 'nonResourceAttributes'>;

/** Asks the cluster's authorizers what a review asks. */
export async function reviewed(spec: Spec, user: UserInfo, io: KindIo): Promise<SubjectAccessReviewStatus> {
  const { allowed, reason } = await io.authorize(user, attributesOf(spec));
  return { allowed, ...(reason && { reason }) };
}

export function userOf({ user, groups, uid, extra }: SubjectAccessReview['spec']): UserInfo {
  return { username: user ?? '', groups: groups ?? [], ...(uid && { uid }), ...(extra && { extra }) };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: Spec): AuthorizationAttributes {
  if (!resourceAttributes) {
    return { verb: nonResourceAttributes?.verb ?? '', group: '', resource: '', nonResourcePath: nonResourceAttributes?.path ?? '' };
  }
  const { verb = '', group = '', version, resource = '', subresource, namespace, name } = resourceAttributes;
  return {
    verb,
    group,
    resource,
    ...(version && { version }),
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
  };
}
