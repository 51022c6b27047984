/** Facts of `k8s.io/api/rbac/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const rbacV1 = `
package io.k8s.api.rbac.v1 rbac.authorization.k8s.io v1
kinds Role RoleBinding RoleBindingList RoleList ClusterRole ClusterRoleBinding ClusterRoleBindingList ClusterRoleList

struct PolicyRule
  verbs 1 []string always required
  apiGroups 2 []string
  resources 3 []string
  resourceNames 4 []string
  nonResourceURLs 5 []string

struct Subject atomic
  kind 1 string always required
  apiGroup 2 string
  name 3 string always required
  namespace 4 string

struct RoleRef atomic
  apiGroup 1 string always
  kind 2 string always required
  name 3 string always required

struct Role
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  rules 2 []PolicyRule always

struct RoleBinding
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  subjects 2 []Subject
  roleRef 3 RoleRef always required

struct RoleBindingList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []RoleBinding always required

struct RoleList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Role always required

struct ClusterRole
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  rules 2 []PolicyRule always
  aggregationRule 3 *AggregationRule

struct AggregationRule
  clusterRoleSelectors 1 []meta.v1.LabelSelector

struct ClusterRoleBinding
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  subjects 2 []Subject
  roleRef 3 RoleRef always required

struct ClusterRoleBindingList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ClusterRoleBinding always required

struct ClusterRoleList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []ClusterRole always required
`;
