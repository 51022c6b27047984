/** Facts of `k8s.io/api/authorization/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const authorizationV1 = `
package io.k8s.api.authorization.v1 authorization.k8s.io v1
kinds SelfSubjectRulesReview SelfSubjectAccessReview SubjectAccessReview LocalSubjectAccessReview

struct SubjectAccessReview
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 SubjectAccessReviewSpec always required
  status 3 SubjectAccessReviewStatus

struct SelfSubjectAccessReview
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 SelfSubjectAccessReviewSpec always required
  status 3 SubjectAccessReviewStatus

struct LocalSubjectAccessReview
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 SubjectAccessReviewSpec always required
  status 3 SubjectAccessReviewStatus

struct ResourceAttributes
  namespace 1 string
  verb 2 string
  group 3 string
  version 4 string
  resource 5 string
  subresource 6 string
  name 7 string
  fieldSelector 8 *FieldSelectorAttributes
  labelSelector 9 *LabelSelectorAttributes

struct LabelSelectorAttributes
  rawSelector 1 string
  requirements 2 []meta.v1.LabelSelectorRequirement

struct FieldSelectorAttributes
  rawSelector 1 string
  requirements 2 []meta.v1.FieldSelectorRequirement

struct NonResourceAttributes
  path 1 string
  verb 2 string

struct SubjectAccessReviewSpec
  resourceAttributes 1 *ResourceAttributes
  nonResourceAttributes 2 *NonResourceAttributes
  user 3 string
  groups 4 []string
  extra 5 map[ExtraValue]
  uid 6 string

alias ExtraValue []string

struct SelfSubjectAccessReviewSpec
  resourceAttributes 1 *ResourceAttributes
  nonResourceAttributes 2 *NonResourceAttributes

struct SubjectAccessReviewStatus
  allowed 1 bool always required
  denied 4 bool
  reason 2 string
  evaluationError 3 string

struct SelfSubjectRulesReview
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 SelfSubjectRulesReviewSpec always required
  status 3 SubjectRulesReviewStatus

struct SelfSubjectRulesReviewSpec
  namespace 1 string

struct SubjectRulesReviewStatus
  resourceRules 1 []ResourceRule always required
  nonResourceRules 2 []NonResourceRule always required
  incomplete 3 bool always required
  evaluationError 4 string

struct ResourceRule
  verbs 1 []string always required
  apiGroups 2 []string
  resources 3 []string
  resourceNames 4 []string

struct NonResourceRule
  verbs 1 []string always required
  nonResourceURLs 2 []string
`;
