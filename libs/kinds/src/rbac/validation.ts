import { type FieldError, invalidValue, isDns1123Subdomain, isPathSegmentName, notSupported, required, validateLabelSelector } from '#api';
import type { ClusterRole, PolicyRule, RoleRef, Subject } from '#api/types';
import { semanticEqual } from '../rules/equality.ts';

export const rbacGroup = 'rbac.authorization.k8s.io';

/** What RoleBindings and ClusterRoleBindings share. */
export interface Binding {
  roleRef: RoleRef;
  subjects?: Subject[];
}

/**
 * `k8s.io/kubernetes/pkg/apis/rbac/validation`, ValidatePolicyRule: a rule is about resources or about URLs, and a Role's is never about
 * URLs, which are in no namespace.
 */
export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => validateRule(rule, namespaced, `rules[${index}]`));
}

function validateRule(rule: PolicyRule, namespaced: boolean, path: string): FieldError[] {
  const errors = rule.verbs?.length ? [] : [required(`${path}.verbs`, 'verbs must contain at least one value')];
  const urls = `${path}.nonResourceURLs`;
  if (rule.nonResourceURLs?.length) {
    if (namespaced) errors.push(invalidValue(urls, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
      errors.push(invalidValue(urls, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (!rule.apiGroups?.length) errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (!rule.resources?.length) errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

/** `k8s.io/kubernetes/pkg/apis/rbac/validation`, ValidateClusterRole. */
export function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = validateRules(rules, false);
  if (!aggregationRule) return errors;
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  return [...errors, ...selectors.flatMap((selector, index) => validateLabelSelector(selector, `${path}[${index}]`))];
}

/**
 * A ClusterRoleBinding names a ClusterRole; a RoleBinding either, which then holds in its own namespace alone. Whether the role is there
 * is not asked: it may come later.
 */
export function validateBinding({ roleRef, subjects }: Binding, { namespaced }: { namespaced: boolean }): FieldError[] {
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  const errors: FieldError[] = [];
  if (roleRef.apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup ?? '', [rbacGroup]));
  if (!kinds.includes(roleRef.kind ?? '')) errors.push(notSupported('roleRef.kind', roleRef.kind ?? '', kinds));
  if (!roleRef.name) errors.push(required('roleRef.name'));
  else errors.push(...isPathSegmentName(roleRef.name).map((message) => invalidValue('roleRef.name', roleRef.name, message)));
  return [...errors, ...(subjects ?? []).flatMap((subject, index) => validateSubject(subject, namespaced, `subjects[${index}]`))];
}

function validateSubject({ kind = '', name, apiGroup = '', namespace }: Subject, namespaced: boolean, path: string): FieldError[] {
  const errors = name ? [] : [required(`${path}.name`)];
  if (kind === 'ServiceAccount') {
    if (name) errors.push(...isDns1123Subdomain(name).map((message) => invalidValue(`${path}.name`, name, message)));
    if (apiGroup) errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
    if (!namespaced && !namespace) errors.push(required(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
  } else {
    errors.push(notSupported(`${path}.kind`, kind, ['Group', 'ServiceAccount', 'User']));
  }
  return errors;
}

/** Whoever could change it would turn a grant that was looked at into another. */
export function validateBindingUpdate(next: Binding, previous: Binding): FieldError[] {
  return semanticEqual(next.roleRef, previous.roleRef) ? [] : [invalidValue('roleRef', next.roleRef, 'cannot change roleRef')];
}

/** `rbac/v1` defaults: the group of roleRef and of users and groups. */
export function withBindingDefaults<T extends Binding>(binding: T): T {
  return {
    ...binding,
    roleRef: { ...binding.roleRef, apiGroup: binding.roleRef?.apiGroup || rbacGroup },
    ...(binding.subjects && { subjects: binding.subjects.map(withGroup) }),
  };
}

function withGroup(subject: Subject): Subject {
  return !subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group') ? { ...subject, apiGroup: rbacGroup } : subject;
}
