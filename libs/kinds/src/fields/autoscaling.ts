import type { FieldTable } from './field-states.ts';

const hpa = 'libs/controllers/src/horizontal-pod-autoscaler';
const v1 = 'libs/kinds/src/autoscaling/horizontal-pod-autoscaler/conversion.ts';
const object = { 'libs/api/src/meta/object.ts': 'kind apiVersion metadata' };

/** Autoscalers in both of their versions. */
export const autoscalingFields: FieldTable = {
  'autoscaling.v2.HorizontalPodAutoscaler': { done: { ...object, [`${hpa}/reconcile.ts`]: 'spec status' } },
  'autoscaling.v2.HorizontalPodAutoscalerSpec': {
    done: { [`${hpa}/reconcile.ts`]: 'minReplicas maxReplicas metrics behavior', [`${hpa}/controller.ts`]: 'scaleTargetRef' },
  },
  'autoscaling.v2.CrossVersionObjectReference': { done: { [`${hpa}/controller.ts`]: 'kind name apiVersion' } },
  'autoscaling.v2.MetricSpec': { done: { [`${hpa}/controller.ts`]: 'type object pods resource containerResource external' } },
  'autoscaling.v2.HorizontalPodAutoscalerBehavior': { done: { [`${hpa}/behavior.ts`]: 'scaleUp scaleDown' } },
  'autoscaling.v2.HPAScalingRules': {
    done: {
      [`${hpa}/behavior.ts`]: 'stabilizationWindowSeconds selectPolicy policies',
      [`${hpa}/proposals.ts`]: 'tolerance',
    },
  },
  'autoscaling.v2.HPAScalingPolicy': { done: { [`${hpa}/behavior.ts`]: 'type value periodSeconds' } },
  'autoscaling.v2.ObjectMetricSource': { done: { [`${hpa}/proposals.ts`]: 'describedObject target metric' } },
  'autoscaling.v2.PodsMetricSource': { done: { [`${hpa}/proposals.ts`]: 'metric target' } },
  'autoscaling.v2.ResourceMetricSource': { done: { [`${hpa}/proposals.ts`]: 'name target' } },
  'autoscaling.v2.ContainerResourceMetricSource': { done: { [`${hpa}/proposals.ts`]: 'name target container' } },
  'autoscaling.v2.ExternalMetricSource': { done: { [`${hpa}/proposals.ts`]: 'metric target' } },
  'autoscaling.v2.MetricIdentifier': { done: { [`${hpa}/controller.ts`]: 'name selector' } },
  'autoscaling.v2.MetricTarget': { done: { [`${hpa}/proposals.ts`]: 'type value averageValue averageUtilization' } },
  'autoscaling.v2.HorizontalPodAutoscalerStatus': {
    done: { [`${hpa}/reconcile.ts`]: 'lastScaleTime currentReplicas desiredReplicas currentMetrics conditions' },
    unwritten: { observedGeneration: 'autoscalers have no generation, as upstream' },
  },
  'autoscaling.v2.HorizontalPodAutoscalerCondition': { done: { [`${hpa}/reconcile.ts`]: 'type status lastTransitionTime reason message' } },
  'autoscaling.v2.MetricStatus': { done: { [`${hpa}/proposals.ts`]: 'type object pods resource containerResource external' } },
  'autoscaling.v2.ObjectMetricStatus': { done: { [`${hpa}/proposals.ts`]: 'metric current describedObject' } },
  'autoscaling.v2.PodsMetricStatus': { done: { [`${hpa}/proposals.ts`]: 'metric current' } },
  'autoscaling.v2.ResourceMetricStatus': { done: { [`${hpa}/proposals.ts`]: 'name current' } },
  'autoscaling.v2.ContainerResourceMetricStatus': { done: { [`${hpa}/proposals.ts`]: 'name current container' } },
  'autoscaling.v2.ExternalMetricStatus': { done: { [`${hpa}/proposals.ts`]: 'metric current' } },
  'autoscaling.v2.MetricValueStatus': { done: { [`${hpa}/proposals.ts`]: 'value averageValue averageUtilization' } },
  'autoscaling.v1.HorizontalPodAutoscaler': { done: { ...object, [v1]: 'spec status' } },
  'autoscaling.v1.HorizontalPodAutoscalerSpec': {
    done: {
      [v1]: 'targetCPUUtilizationPercentage',
      [`${hpa}/reconcile.ts`]: 'minReplicas maxReplicas',
      [`${hpa}/controller.ts`]: 'scaleTargetRef',
    },
  },
  'autoscaling.v1.CrossVersionObjectReference': { done: { [`${hpa}/controller.ts`]: 'kind name apiVersion' } },
  'autoscaling.v1.HorizontalPodAutoscalerStatus': {
    done: { [v1]: 'currentCPUUtilizationPercentage', [`${hpa}/reconcile.ts`]: 'lastScaleTime currentReplicas desiredReplicas' },
    unwritten: { observedGeneration: 'autoscalers have no generation, as upstream' },
  },
};
