/** Facts of `k8s.io/api/autoscaling/v1`, Kubernetes 1.36, written by `libs/api/extract`; the format stands in ../parse-rows.ts. */
export const autoscalingV1 = `
package io.k8s.api.autoscaling.v1 autoscaling v1
kinds HorizontalPodAutoscaler HorizontalPodAutoscalerList Scale

struct CrossVersionObjectReference atomic
  kind 1 string always required
  name 2 string always required
  apiVersion 3 string

struct HorizontalPodAutoscalerSpec
  scaleTargetRef 1 CrossVersionObjectReference always required
  minReplicas 2 *int32
  maxReplicas 3 int32 always required
  targetCPUUtilizationPercentage 4 *int32

struct HorizontalPodAutoscalerStatus
  observedGeneration 1 *int64
  lastScaleTime 2 *time
  currentReplicas 3 int32 always required
  desiredReplicas 4 int32 always required
  currentCPUUtilizationPercentage 5 *int32

struct HorizontalPodAutoscaler
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 HorizontalPodAutoscalerSpec required
  status 3 HorizontalPodAutoscalerStatus

struct HorizontalPodAutoscalerList
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ListMeta
  items 2 []HorizontalPodAutoscaler always required

struct Scale
  inline - meta.v1.TypeMeta
  metadata 1 meta.v1.ObjectMeta
  spec 2 ScaleSpec
  status 3 ScaleStatus

struct ScaleSpec
  replicas 1 int32 default=0

struct ScaleStatus
  replicas 1 int32 always required
  selector 2 string
`;
