import type { KubeObject, ObjectMeta } from '#api';

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface Subject {
  kind: 'User' | 'Group' | 'ServiceAccount';
  apiGroup?: string;
  name: string;
  namespace?: string;
}

export interface RoleRef {
  apiGroup: string;
  kind: string;
  name: string;
}

export interface RoleObject extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors?: { matchLabels?: Record<string, string> }[] };
}

export interface BindingObject extends KubeObject {
  subjects?: Subject[];
  roleRef: RoleRef;
}

export const rbacGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${rbacGroup}/v1`;

export const read = 'get list watch';
export const write = 'create delete deletecollection patch update';
export const readWrite = 'create delete deletecollection get list patch update watch';

const words = (text: string): string[] => text.split(' ').sort();
const groups = (text: string): string[] => text.split(' ').map((group) => (group === 'core' ? '' : group));

/** Blank-separated verbs, groups (`core` is the group without a name) and resources. */
export const rule = (verbs: string, apiGroups: string, resources: string, resourceNames?: readonly string[]): PolicyRule => ({
  verbs: words(verbs),
  apiGroups: groups(apiGroups),
  resources: words(resources),
  ...(resourceNames && { resourceNames: [...resourceNames] }),
});

export const urls = (verbs: string, paths: string): PolicyRule => ({ verbs: words(verbs), nonResourceURLs: words(paths) });

export const eventsRule = (): PolicyRule => rule('create patch update', 'core events.k8s.io', 'events');

const metadata = (name: string, labels: Record<string, string> = {}, namespace?: string): ObjectMeta => ({
  name,
  ...(namespace && { namespace }),
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

/** `into`: the aggregated role that takes these rules in. */
export const clusterRole = (name: string, rules: PolicyRule[], into?: 'admin' | 'edit' | 'view'): RoleObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: metadata(name, into && { [`${rbacGroup}/aggregate-to-${into}`]: 'true' }),
  rules,
});

/** A role whose rules are those of all ClusterRoles that are labelled for it. */
export const aggregatedRole = (name: 'admin' | 'edit' | 'view', into?: 'admin' | 'edit'): RoleObject => ({
  ...clusterRole(name, [], into),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${rbacGroup}/aggregate-to-${name}`]: 'true' } }] },
});

export const role = (namespace: string, name: string, rules: PolicyRule[]): RoleObject => ({
  apiVersion,
  kind: 'Role',
  metadata: metadata(name, {}, namespace),
  rules,
});

export const user = (name: string): Subject => ({ kind: 'User', apiGroup: rbacGroup, name });
export const group = (name: string): Subject => ({ kind: 'Group', apiGroup: rbacGroup, name });
export const serviceAccount = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', name, namespace });

export const clusterBinding = (name: string, roleName: string, subjects: Subject[]): BindingObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: metadata(name),
  roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: roleName },
  subjects,
});

export const roleBinding = (namespace: string, name: string, roleName: string, subjects: Subject[]): BindingObject => ({
  apiVersion,
  kind: 'RoleBinding',
  metadata: metadata(name, {}, namespace),
  roleRef: { apiGroup: rbacGroup, kind: 'Role', name: roleName },
  subjects,
});
