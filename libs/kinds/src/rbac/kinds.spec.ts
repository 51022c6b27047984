import { cells, complaintsAbout, created, type Json, updated } from '../testing.ts';
import { clusterRole } from './cluster-role/kind.ts';
import { clusterRoleBinding } from './cluster-role-binding/kind.ts';
import { role } from './role/kind.ts';
import { roleBinding } from './role-binding/kind.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const paths = { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] };
const toRole = { roleRef: { apiGroup, kind: 'Role', name: 'r' } };
const toClusterRole = { roleRef: { apiGroup, kind: 'ClusterRole', name: 'r' } };

describe('a role', () => {
  it('of a namespace has no paths, one of the cluster does', () => {
    expect(complaintsAbout(role, paths)).toEqual([
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ]);
    expect(complaintsAbout(clusterRole, paths)).toEqual([]);
  });

  it.each([role, clusterRole])('is shown by its age alone', (kind) => {
    const object = created<never>(kind as never, { metadata: { name: 'r', creationTimestamp: '2026-01-01T00:00:00Z' } });
    expect(cells(kind as never, object)).toEqual({ 'Created At': '2026-01-01T00:00:00Z' });
  });
});

describe('a binding', () => {
  it.each<{ what: string; complaints: (body: Json) => string[]; toRoleIs: string[] }>([
    { what: 'of a namespace', complaints: (body) => complaintsAbout(roleBinding, body), toRoleIs: [] },
    {
      what: 'of the cluster',
      complaints: (body) => complaintsAbout(clusterRoleBinding, body),
      toRoleIs: ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    },
  ])('$what', ({ complaints, toRoleIs }) => {
    expect(complaints(toRole)).toEqual(toRoleIs);
    expect(complaints(toClusterRole)).toEqual([]);
  });

  it.each([roleBinding, clusterRoleBinding])('fills in the groups, keeps its role, and shows whom it is for', (kind) => {
    const subjects = [
      { kind: 'User', name: 'bob' },
      { kind: 'Group', name: 'devs' },
      { kind: 'ServiceAccount', name: 'a', namespace: 'n' },
    ];
    const object = created<never>(kind as never, { roleRef: { kind: 'ClusterRole', name: 'r' }, subjects });
    expect(object).toMatchObject({ roleRef: { apiGroup }, subjects: [{ apiGroup }, { apiGroup }, {}] });
    expect(cells(kind as never, object)).toMatchObject({ Role: 'ClusterRole/r', Users: 'bob', Groups: 'devs', ServiceAccounts: 'n/a' });
    const other = { ...(object as Json), roleRef: { apiGroup, kind: 'ClusterRole', name: 'other' } };
    expect(updated(kind as never, object, other).complaints).toEqual([
      `roleRef: Invalid value: {"apiGroup":"${apiGroup}","kind":"ClusterRole","name":"other"}: cannot change roleRef`,
    ]);
  });
});

it.each([role, clusterRole, roleBinding, clusterRoleBinding])(
  '$gvk.kind may be created by PUT, and has any name that a path has',
  (kind) => {
    expect([kind.strategy?.allowCreateOnUpdate, kind.nameRule]).toEqual([true, 'path-segment']);
  },
);
