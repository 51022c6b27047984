import { describe, expect, it } from '@jest/globals';
import type { ClusterRole, PolicyRule, RoleBinding } from '#api/types';
import { validateBinding, validateBindingUpdate, validateClusterRole, validateRules, withBindingDefaults } from './validation.ts';

const group = 'rbac.authorization.k8s.io';
const rule = (extra: Partial<PolicyRule> = {}): PolicyRule => ({ verbs: ['get'], apiGroups: [''], resources: ['pods'], ...extra });
const shown = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);
const binding = (extra: Partial<RoleBinding> = {}): RoleBinding =>
  ({
    apiVersion: `${group}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'b' },
    roleRef: { apiGroup: group, kind: 'Role', name: 'r' },
    subjects: [{ kind: 'User', apiGroup: group, name: 'bob' }],
    ...extra,
  }) as RoleBinding;

describe('rules', () => {
  it.each<[string, PolicyRule, boolean, string[]]>([
    ['a rule', rule(), true, []],
    ['no verbs', rule({ verbs: [] }), true, ['rules[0].verbs: Required value: verbs must contain at least one value']],
    ['no groups', rule({ apiGroups: [] }), true, ['rules[0].apiGroups: Required value: resource rules must supply at least one api group']],
    [
      'no resources',
      rule({ resources: [] }),
      true,
      ['rules[0].resources: Required value: resource rules must supply at least one resource'],
    ],
    ['paths', { verbs: ['get'], nonResourceURLs: ['/x'] }, false, []],
    [
      'paths in a namespace',
      { verbs: ['get'], nonResourceURLs: ['/x'] },
      true,
      ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
    ],
    [
      'paths and resources',
      rule({ nonResourceURLs: ['/x'] }),
      false,
      ['rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs'],
    ],
  ])('%s', (_what, given, namespaced, complaints) => {
    expect(shown(validateRules([given], namespaced))).toEqual(complaints);
  });

  it('of an aggregated role need a selector', () => {
    expect(shown(validateClusterRole({ aggregationRule: {} } as ClusterRole))).toEqual([
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ]);
  });
});

describe('bindings', () => {
  const subject = (extra: object): RoleBinding => binding({ subjects: [{ kind: 'User', apiGroup: group, name: 'bob', ...extra }] });
  it.each<[string, RoleBinding, boolean, string[]]>([
    ['of a role', binding(), true, []],
    ['of a role to the cluster', binding(), false, ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"']],
    ['of nothing', binding({ roleRef: { apiGroup: group, kind: 'Role', name: '' } }), true, ['roleRef.name: Required value']],
    ['to nobody', subject({ name: '' }), true, ['subjects[0].name: Required value']],
    [
      'to something else',
      subject({ kind: 'Robot' }),
      true,
      ['subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"'],
    ],
    [
      'to an account without a namespace',
      binding({ roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'r' }, subjects: [{ kind: 'ServiceAccount', name: 'a' }] }),
      false,
      ['subjects[0].namespace: Required value'],
    ],
  ])('%s', (_what, given, namespaced, complaints) => {
    expect(shown(validateBinding(given, { namespaced }))).toEqual(complaints);
  });

  it('keep their role', () => {
    const other = binding({ roleRef: { apiGroup: group, kind: 'Role', name: 'other' } });
    expect(shown(validateBindingUpdate(other, binding()))).toEqual([
      'roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"other"}: cannot change roleRef',
    ]);
    expect(validateBindingUpdate(binding({ subjects: [] }), binding())).toEqual([]);
  });

  it('get the groups that they leave out', () => {
    const subjects = [
      { kind: 'User', name: 'bob' },
      { kind: 'ServiceAccount', name: 'a', namespace: 'n' },
    ];
    const given = withBindingDefaults(binding({ roleRef: { kind: 'Role', name: 'r' }, subjects }));
    expect(given.roleRef.apiGroup).toBe(group);
    expect(given.subjects).toEqual([{ kind: 'User', name: 'bob', apiGroup: group }, subjects[1]]);
  });
});
