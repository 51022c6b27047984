/** Facts of `k8s.io/api/coordination/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const coordinationV1 = `
package io.k8s.api.coordination.v1 coordination.k8s.io v1
kinds Lease LeaseList

alias CoordinatedLeaseStrategy string

struct Lease
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 LeaseSpec

struct LeaseSpec
  holderIdentity 1 *string
  leaseDurationSeconds 2 *int32
  acquireTime 3 *microTime
  renewTime 4 *microTime
  leaseTransitions 5 *int32
  strategy 6 *CoordinatedLeaseStrategy
  preferredHolder 7 *string

struct LeaseList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []Lease always required
`;
