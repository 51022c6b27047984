import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, HPAScalingRules, MetricSpec } from '#api/types';
import type { Strategy } from '../../contract.ts';

/** What is scaled by when nothing is said: `pkg/apis/autoscaling`, DefaultCPUUtilization. */
export const defaultMetric: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
};

/** `pkg/apis/autoscaling/v2/defaults.go`. */
const scaleUp: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
/** Its window is a flag of the controller, so it is no default here. */
const scaleDown: HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };

/** A behavior is filled up as a whole once it is there; without one the controller's old limits hold. */
export function applyAutoscalerDefaults(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { spec } = autoscaler;
  if (!spec) return autoscaler;
  const { metrics, behavior } = spec;
  return {
    ...autoscaler,
    spec: {
      ...spec,
      metrics: metrics?.length ? metrics : [defaultMetric],
      ...(behavior && { behavior: { scaleUp: { ...scaleUp, ...behavior.scaleUp }, scaleDown: { ...scaleDown, ...behavior.scaleDown } } }),
    },
  };
}

export const strategy: Strategy<HorizontalPodAutoscaler> = {
  prepareForCreate: (autoscaler) => ({
    ...autoscaler,
    status: { desiredReplicas: 0, currentMetrics: null } as unknown as HorizontalPodAutoscalerStatus,
  }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
};
