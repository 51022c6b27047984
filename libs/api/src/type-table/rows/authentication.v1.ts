/** Facts of `k8s.io/api/authentication/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const authenticationV1 = `
package io.k8s.api.authentication.v1 authentication.k8s.io v1
kinds TokenReview TokenRequest SelfSubjectReview

struct TokenReview
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 TokenReviewSpec always required
  status 3 TokenReviewStatus

struct TokenReviewSpec
  token 1 string required
  audiences 2 []string

struct TokenReviewStatus
  authenticated 1 bool
  user 2 UserInfo
  audiences 4 []string
  error 3 string

struct UserInfo
  username 1 string
  uid 2 string
  groups 3 []string
  extra 4 map[ExtraValue]

alias ExtraValue []string

struct TokenRequest
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 TokenRequestSpec always
  status 3 TokenRequestStatus

struct TokenRequestSpec
  audiences 1 []string always
  expirationSeconds 4 *int64 always
  boundObjectRef 3 *BoundObjectReference always

struct TokenRequestStatus
  token 1 string always
  expirationTimestamp 2 time always

struct BoundObjectReference
  kind 1 string
  apiVersion 2 string
  name 3 string
  uid 4 UID

struct SelfSubjectReview
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  status 2 SelfSubjectReviewStatus

struct SelfSubjectReviewStatus
  userInfo 1 UserInfo
`;
