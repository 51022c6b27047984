import type { KubeObject } from '#api';
import { FakeView } from '#api-server/testing';
import { createAuthorizer } from '../authorization/index.ts';
import { admit, type Case, named, refusal, user } from '../testing/admission.ts';
import { roleEscalation } from './role-escalation.ts';

describe('RoleEscalation', () => {
  const group = 'rbac.authorization.k8s.io';
  const rbac = (kind: string, name: string, extra: object, namespace = ''): KubeObject => ({
    ...named(kind, name, extra, namespace),
    apiVersion: `${group}/v1`,
  });
  const rules = (verbs: string[], resource = 'pods'): object => ({
    rules: [{ verbs, apiGroups: [resource === 'pods' ? '' : group], resources: [resource] }],
  });
  const given = (kind: string, name: string): object => ({
    roleRef: { apiGroup: group, kind, name },
    subjects: [{ kind: 'User', name: 'someone' }],
  });
  const holding = (verbs: string[], resource = 'pods'): FakeView =>
    new FakeView(
      rbac('ClusterRole', 'held', rules(verbs, resource)),
      rbac('ClusterRoleBinding', 'b', given('ClusterRole', 'held')),
      rbac('ClusterRole', 'big', rules(['*'])),
    );
  const meta = (object: KubeObject, metadata: object): KubeObject => ({ ...object, metadata: { ...object.metadata, ...metadata } });
  const role = (object: KubeObject, old?: KubeObject): Case => ({
    group,
    resource: `${object.kind.toLowerCase()}s`,
    verb: old ? 'update' : 'create',
    object,
    ...(old && { old }),
  });

  it.each<[string, Case, FakeView]>([
    ['what is held', role(rbac('Role', 'r', rules(['get']), 'dev')), holding(['get', 'list'])],
    ['anything with escalate', role(rbac('ClusterRole', 'r', rules(['*']))), holding(['escalate'], 'clusterroles')],
    ['a role that bind allows', role(rbac('RoleBinding', 'r', given('ClusterRole', 'big'), 'dev')), holding(['bind'], 'clusterroles')],
    ['no change', role(rbac('Role', 'r', rules(['*']), 'dev'), rbac('Role', 'r', rules(['*']), 'dev')), holding([])],
    [
      'what the garbage collector needs',
      role(meta(rbac('ClusterRole', 'r', rules(['*'])), { finalizers: [], ownerReferences: [] }), rbac('ClusterRole', 'r', rules(['*']))),
      holding([]),
    ],
    ['anything by superusers', { ...role(rbac('ClusterRole', 'r', rules(['*']))), who: user('root', 'system:masters') }, holding([])],
  ])('allows to grant %s', async (_what, request, view) => {
    await admit(roleEscalation(createAuthorizer(view)), request, view);
  });
  it.each<[string, Case, FakeView]>([
    [
      'is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
      role(rbac('Role', 'r', rules(['get', 'delete']), 'dev')),
      holding(['get']),
    ],
    [
      'rolebindings.rbac.authorization.k8s.io "r" is forbidden: user "someone" (groups=["system:authenticated"]) is attempting',
      role(rbac('RoleBinding', 'r', given('ClusterRole', 'big'), 'dev')),
      holding(['get']),
    ],
    [
      'clusterroles.rbac.authorization.k8s.io "gone" not found',
      role(rbac('ClusterRoleBinding', 'r', given('ClusterRole', 'gone'))),
      holding(['get']),
    ],
    [
      // By its labels a role goes into others, by aggregation: to more people than hold it now.
      'is attempting to grant RBAC permissions not currently held',
      role(meta(rbac('ClusterRole', 'r', rules(['*'])), { labels: { to: 'edit' } }), rbac('ClusterRole', 'r', rules(['*']))),
      holding(['get']),
    ],
    [
      'must have cluster-admin privileges to use the aggregationRule',
      role(
        meta(rbac('ClusterRole', 'r', { aggregationRule: { clusterRoleSelectors: [{}] } }), { labels: { to: 'edit' } }),
        rbac('ClusterRole', 'r', { aggregationRule: { clusterRoleSelectors: [{}] } }),
      ),
      holding(['get']),
    ],
    [
      'must have cluster-admin privileges to use the aggregationRule',
      role(rbac('ClusterRole', 'r', { rules: [], aggregationRule: { clusterRoleSelectors: [{}] } })),
      holding(['get']),
    ],
  ])('refuses: %s', async (says, request, view) => {
    expect(await refusal(roleEscalation(createAuthorizer(view)), request, view)).toContain(says);
  });
});
