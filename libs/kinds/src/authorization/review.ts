import { ApiError, type FieldRequirement, parseFieldSelector, parseLabelSelector, type Requirement } from '#api';
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
  const { verb = '', group = '', version, resource = '', subresource, namespace, name, fieldSelector, labelSelector } = resourceAttributes;
  return {
    verb,
    group,
    resource,
    ...(version && { version }),
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(fieldSelector && { fieldSelector: requirementsOf(fieldSelector) }),
    ...(labelSelector && { labelSelector: labelRequirementsOf(labelSelector) }),
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
  return readable(() => parseFieldSelector(rawSelector).requirements);
}

type LabelSelector = NonNullable<NonNullable<Spec['resourceAttributes']>['labelSelector']>;

function labelRequirementsOf({ rawSelector, requirements = [] }: LabelSelector): readonly Requirement[] {
  if (rawSelector) return readable(() => parseLabelSelector(rawSelector).requirements);
  const operators = new Map<string, Requirement['operator']>([
    ['In', 'in'],
    ['NotIn', 'notin'],
    ['Exists', 'exists'],
    ['DoesNotExist', '!'],
  ]);
  return requirements.flatMap(({ key, operator, values = [] }): Requirement[] => {
    const known = operators.get(operator);
    return known ? [{ key, operator: known, values }] : [];
  });
}

function readable<T>(parse: () => readonly T[]): readonly T[] {
  try {
    return parse();
  } catch (err) {
    if (err instanceof ApiError) return [];
    throw err;
  }
}
