/** Facts of `k8s.io/api/scheduling/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const schedulingV1 = `
package io.k8s.api.scheduling.v1 scheduling.k8s.io v1
kinds PriorityClass PriorityClassList

struct PriorityClass
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  value 2 int32 always
  globalDefault 3 bool
  description 4 string
  preemptionPolicy 5 *core.v1.PreemptionPolicy

struct PriorityClassList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []PriorityClass always required
`;
