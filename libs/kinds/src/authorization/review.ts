import { ApiError, type FieldRequirement, parseFieldSelector } from '#api';
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
  const { verb = '', group = '', version, resource = '', subresource, namespace, name, fieldSelector } = resourceAttributes;
  return {
    verb,
    group,
    resource,
    ...(version && { version }),
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(fieldSelector && { fieldSelector: requirementsOf(fieldSelector) }),
  };
}

type FieldSelector = NonNullable<NonNullable<Spec['resourceAttributes']>['fieldSelector']>;

/** KEP-4601: what cannot be understood narrows nothing, so that the answer errs on the side of refusal. */
function requirementsOf({ rawSelector, requirements = [] }: FieldSelector): readonly FieldRequirement[] {
  if (rawSelector) return parsed(rawSelector);
  const operators = new Map<string, FieldRequirement['operator']>([
    ['In', '='],
    ['NotIn', '!='],
  ]);
  return requirements.flatMap(({ key, operator, values = [] }): FieldRequirement[] => {
    const known = operators.get(operator);
    return known && values.length === 1 ? [{ field: key, operator: known, value: values[0]! }] : [];
  });
}

function parsed(rawSelector: string): readonly FieldRequirement[] {
  try {
    return parseFieldSelector(rawSelector).requirements;
  } catch (err) {
    if (err instanceof ApiError) return [];
    throw err;
  }
}
