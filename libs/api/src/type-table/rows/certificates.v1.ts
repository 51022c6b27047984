/** Facts of `k8s.io/api/certificates/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const certificatesV1 = `
package io.k8s.api.certificates.v1 certificates.k8s.io v1
kinds CertificateSigningRequest CertificateSigningRequestList

struct CertificateSigningRequest
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 CertificateSigningRequestSpec always required
  status 3 CertificateSigningRequestStatus

struct CertificateSigningRequestSpec
  request 1 bytes always required
  signerName 7 string always required
  expirationSeconds 8 *int32
  usages 5 []KeyUsage
  username 2 string
  uid 3 string
  groups 4 []string
  extra 6 map[ExtraValue]

alias ExtraValue []string

struct CertificateSigningRequestStatus
  conditions 1 []CertificateSigningRequestCondition map(type)
  certificate 2 bytes

alias RequestConditionType string

struct CertificateSigningRequestCondition
  type 1 RequestConditionType always required
  status 6 core.v1.ConditionStatus always required
  reason 2 string
  message 3 string
  lastUpdateTime 4 time
  lastTransitionTime 5 time

struct CertificateSigningRequestList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []CertificateSigningRequest always required

alias KeyUsage string any|cert sign|client auth|code signing|content commitment|crl sign|data encipherment|decipher only|digital signature|email protection|encipher only|ipsec end system|ipsec tunnel|ipsec user|key agreement|key encipherment|microsoft sgc|netscape sgc|ocsp signing|s/mime|server auth|signing|timestamping
`;
