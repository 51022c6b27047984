/** Facts of `k8s.io/api/policy/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const policyV1 = `
package io.k8s.api.policy.v1 policy v1
kinds PodDisruptionBudget PodDisruptionBudgetList Eviction

struct PodDisruptionBudgetSpec
  minAvailable 1 *intOrString
  selector 2 *meta.v1.LabelSelector patch(replace)
  maxUnavailable 3 *intOrString
  unhealthyPodEvictionPolicy 4 *UnhealthyPodEvictionPolicyType

alias UnhealthyPodEvictionPolicyType string AlwaysAllow|IfHealthyBudget

struct PodDisruptionBudgetStatus
  observedGeneration 1 int64
  disruptedPods 2 map[time]
  disruptionsAllowed 3 int32 always
  currentHealthy 4 int32 always
  desiredHealthy 5 int32 always
  expectedPods 6 int32 always
  conditions 7 []meta.v1.Condition map(type) patch(merge,key=type)

struct PodDisruptionBudget
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 PodDisruptionBudgetSpec
  status 3 PodDisruptionBudgetStatus

struct PodDisruptionBudgetList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []PodDisruptionBudget always required

struct Eviction
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  deleteOptions 2 *meta.v1.DeleteOptions
`;
