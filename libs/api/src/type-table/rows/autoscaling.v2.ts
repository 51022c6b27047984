/** Facts of `k8s.io/api/autoscaling/v2`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const autoscalingV2 = `
package io.k8s.api.autoscaling.v2 autoscaling v2
kinds HorizontalPodAutoscaler HorizontalPodAutoscalerList

struct HorizontalPodAutoscaler
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 HorizontalPodAutoscalerSpec required
  status 3 HorizontalPodAutoscalerStatus

struct HorizontalPodAutoscalerSpec
  scaleTargetRef 1 CrossVersionObjectReference always required
  minReplicas 2 *int32
  maxReplicas 3 int32 always required
  metrics 4 []MetricSpec
  behavior 5 *HorizontalPodAutoscalerBehavior

struct CrossVersionObjectReference
  kind 1 string always required
  name 2 string always required
  apiVersion 3 string

struct MetricSpec
  type 1 MetricSourceType always required
  object 2 *ObjectMetricSource
  pods 3 *PodsMetricSource
  resource 4 *ResourceMetricSource
  containerResource 7 *ContainerResourceMetricSource
  external 5 *ExternalMetricSource

struct HorizontalPodAutoscalerBehavior
  scaleUp 1 *HPAScalingRules
  scaleDown 2 *HPAScalingRules

alias ScalingPolicySelect string

struct HPAScalingRules
  stabilizationWindowSeconds 3 *int32
  selectPolicy 1 *ScalingPolicySelect
  policies 2 []HPAScalingPolicy
  tolerance 4 *quantity

alias HPAScalingPolicyType string

struct HPAScalingPolicy
  type 1 HPAScalingPolicyType always required
  value 2 int32 always required
  periodSeconds 3 int32 always required

alias MetricSourceType string

struct ObjectMetricSource
  describedObject 1 CrossVersionObjectReference always required
  target 2 MetricTarget always required
  metric 3 MetricIdentifier always required

struct PodsMetricSource
  metric 1 MetricIdentifier always required
  target 2 MetricTarget always required

struct ResourceMetricSource
  name 1 core.v1.ResourceName always required
  target 2 MetricTarget always required

struct ContainerResourceMetricSource
  name 1 core.v1.ResourceName always required
  target 2 MetricTarget always required
  container 3 string always required

struct ExternalMetricSource
  metric 1 MetricIdentifier always required
  target 2 MetricTarget always required

struct MetricIdentifier
  name 1 string always required
  selector 2 *meta.v1.LabelSelector

struct MetricTarget
  type 1 MetricTargetType always required
  value 2 *quantity
  averageValue 3 *quantity
  averageUtilization 4 *int32

alias MetricTargetType string

struct HorizontalPodAutoscalerStatus
  observedGeneration 1 *int64
  lastScaleTime 2 *time
  currentReplicas 3 int32
  desiredReplicas 4 int32 always required
  currentMetrics 5 []MetricStatus always
  conditions 6 []HorizontalPodAutoscalerCondition map(type) patch(merge,key=type)

alias HorizontalPodAutoscalerConditionType string

struct HorizontalPodAutoscalerCondition
  type 1 HorizontalPodAutoscalerConditionType always required
  status 2 core.v1.ConditionStatus always required
  lastTransitionTime 3 time
  reason 4 string
  message 5 string

struct MetricStatus
  type 1 MetricSourceType always required
  object 2 *ObjectMetricStatus
  pods 3 *PodsMetricStatus
  resource 4 *ResourceMetricStatus
  containerResource 7 *ContainerResourceMetricStatus
  external 5 *ExternalMetricStatus

struct ObjectMetricStatus
  metric 1 MetricIdentifier always required
  current 2 MetricValueStatus always required
  describedObject 3 CrossVersionObjectReference always required

struct PodsMetricStatus
  metric 1 MetricIdentifier always required
  current 2 MetricValueStatus always required

struct ResourceMetricStatus
  name 1 core.v1.ResourceName always required
  current 2 MetricValueStatus always required

struct ContainerResourceMetricStatus
  name 1 core.v1.ResourceName always required
  current 2 MetricValueStatus always required
  container 3 string always required

struct ExternalMetricStatus
  metric 1 MetricIdentifier always required
  current 2 MetricValueStatus always required

struct MetricValueStatus
  value 1 *quantity
  averageValue 2 *quantity
  averageUtilization 3 *int32

struct HorizontalPodAutoscalerList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []HorizontalPodAutoscaler always required
`;
