/** Facts of `k8s.io/api/admission/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const admissionV1 = `
package io.k8s.api.admission.v1 admission.k8s.io v1
kinds AdmissionReview

struct AdmissionReview
  inline - meta.v1.TypeMeta
  request 1 *AdmissionRequest
  response 2 *AdmissionResponse

struct AdmissionRequest
  uid 1 UID always
  kind 2 meta.v1.GroupVersionKind always
  resource 3 meta.v1.GroupVersionResource always
  subResource 4 string
  requestKind 13 *meta.v1.GroupVersionKind
  requestResource 14 *meta.v1.GroupVersionResource
  requestSubResource 15 string
  name 5 string
  namespace 6 string
  operation 7 Operation always
  userInfo 8 authentication.v1.UserInfo always
  object 9 rawExtension
  oldObject 10 rawExtension
  dryRun 11 *bool
  options 12 rawExtension

struct AdmissionResponse
  uid 1 UID always
  allowed 2 bool always
  status 3 *meta.v1.Status
  patch 4 bytes
  patchType 5 *PatchType
  auditAnnotations 6 map[string]
  warnings 7 []string

alias PatchType string

alias Operation string
`;
