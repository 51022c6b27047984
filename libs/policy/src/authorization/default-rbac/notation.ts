import type { KubeObject, ObjectMeta } from '#api';

/** rbac/v1 PolicyRule: about resources or about URLs, never both. No `resourceNames`: all objects. */
export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** Who holds a role. Users and groups are names that authentication tells; only a service account is an object, in a namespace. */
export interface Subject {
  kind: 'User' | 'Group' | 'ServiceAccount';
  apiGroup?: string;
  name: string;
  namespace?: string;
}

/** Which role is held. A binding's cannot be changed: another role needs another binding. */
export interface RoleRef {
  apiGroup: string;
  kind: string;
  name: string;
}

/** A Role or ClusterRole. Of an aggregated one `rules` are what the controller has put together. */
export interface RoleObject extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors?: { matchLabels?: Record<string, string> }[] };
}

/** A RoleBinding or ClusterRoleBinding. */
export interface BindingObject extends KubeObject {
  subjects?: Subject[];
  roleRef: RoleRef;
}

export const rbacGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${rbacGroup}/v1`;

/** Verbs as the default roles of upstream group them. */
export const read = 'get list watch';
export const write = 'create delete deletecollection patch update';
export const readWrite = 'create delete deletecollection get list patch update watch';

/** Sorted, as upstream's roles are. */
const words = (text: string): string[] => text.split(' ').sort();
const groups = (text: string): string[] => text.split(' ').map((group) => (group === 'core' ? '' : group));

/** Blank-separated verbs, groups (`core` is the group without a name) and resources. */
export const rule = (verbs: string, apiGroups: string, resources: string, resourceNames?: readonly string[]): PolicyRule => ({
  verbs: words(verbs),
  apiGroups: groups(apiGroups),
  resources: words(resources),
  ...(resourceNames && { resourceNames: [...resourceNames] }),
});

/** Blank-separated verbs and paths; a star at the end of a path stands for the rest. */
export const urls = (verbs: string, paths: string): PolicyRule => ({ verbs: words(verbs), nonResourceURLs: words(paths) });

export const eventsRule = (): PolicyRule => rule('create patch update', 'core events.k8s.io', 'events');

/** The label marks what a cluster begins with, and the annotation lets it be mended at each start (Kubernetes, "Auto-reconciliation"). */
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
/** Without an API group, which service accounts must not have here. */
export const serviceAccount = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', name, namespace });

export const clusterBinding = (name: string, roleName: string, subjects: Subject[]): BindingObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: metadata(name),
  roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: roleName },
  subjects,
});

/** To a Role of the same namespace. */
export const roleBinding = (namespace: string, name: string, roleName: string, subjects: Subject[]): BindingObject => ({
  apiVersion,
  kind: 'RoleBinding',
  metadata: metadata(name, {}, namespace),
  roleRef: { apiGroup: rbacGroup, kind: 'Role', name: roleName },
  subjects,
});
