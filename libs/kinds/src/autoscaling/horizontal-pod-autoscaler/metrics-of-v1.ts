import type { CrossVersionObjectReference, LabelSelector, MetricSpec, MetricStatus, MetricTarget } from '#api/types';

/** `k8s.io/api/autoscaling/v1`, MetricSpec: what the annotations of v1 hold. Each source has fields of its own there. */
export interface MetricOfV1 {
  type: string;
  object?: {
    target: CrossVersionObjectReference;
    metricName: string;
    targetValue?: string;
    selector?: LabelSelector;
    averageValue?: string;
  };
  pods?: { metricName: string; targetAverageValue?: string; selector?: LabelSelector };
  resource?: { name: string; targetAverageUtilization?: number; targetAverageValue?: string };
  containerResource?: { name: string; targetAverageUtilization?: number; targetAverageValue?: string; container: string };
  external?: { metricName: string; metricSelector?: LabelSelector; targetValue?: string; targetAverageValue?: string };
}

/** The same of its MetricStatus. */
export interface MetricStatusOfV1 {
  type: string;
  object?: {
    target: CrossVersionObjectReference;
    metricName: string;
    currentValue?: string;
    selector?: LabelSelector;
    averageValue?: string;
  };
  pods?: { metricName: string; currentAverageValue?: string; selector?: LabelSelector };
  resource?: { name: string; currentAverageUtilization?: number; currentAverageValue?: string };
  containerResource?: { name: string; currentAverageUtilization?: number; currentAverageValue?: string; container: string };
  external?: { metricName: string; metricSelector?: LabelSelector; currentValue?: string; currentAverageValue?: string };
}

const some = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;

/** v1 does not say which of them it is: what is set tells. */
function targetOf(amounts: Pick<MetricTarget, 'value' | 'averageValue' | 'averageUtilization'>): MetricTarget {
  const { value, averageValue, averageUtilization } = amounts;
  // A value of 0 is how v1 says that there is none.
  const hasValue = value !== undefined && value !== '0';
  const type = averageUtilization !== undefined ? 'Utilization' : hasValue && averageValue === undefined ? 'Value' : 'AverageValue';
  return { type, ...some({ value: hasValue ? value : undefined, averageValue, averageUtilization }) };
}

export function metricOfV1({ type, object, pods, resource, containerResource, external }: MetricOfV1): MetricSpec {
  return {
    type,
    ...some({
      object: object && {
        describedObject: object.target,
        metric: identifier(object.metricName, object.selector),
        target: targetOf({ value: object.targetValue, averageValue: object.averageValue }),
      },
      pods: pods && {
        metric: identifier(pods.metricName, pods.selector),
        target: targetOf({ averageValue: pods.targetAverageValue }),
      },
      resource: resource && { name: resource.name, target: usageTarget(resource) },
      containerResource: containerResource && {
        name: containerResource.name,
        container: containerResource.container,
        target: usageTarget(containerResource),
      },
      external: external && {
        metric: identifier(external.metricName, external.metricSelector),
        target: targetOf({ value: external.targetValue, averageValue: external.targetAverageValue }),
      },
    }),
  };
}

const usageTarget = (of: { targetAverageUtilization?: number; targetAverageValue?: string }): MetricTarget =>
  targetOf({ averageUtilization: of.targetAverageUtilization, averageValue: of.targetAverageValue });

const identifier = (name: string, selector: LabelSelector | undefined): { name: string; selector?: LabelSelector } => ({
  name,
  ...(selector && { selector }),
});

export function metricToV1({ type, object, pods, resource, containerResource, external }: MetricSpec): MetricOfV1 {
  const usage = ({ averageUtilization, averageValue }: MetricTarget): object =>
    some({ targetAverageUtilization: averageUtilization, targetAverageValue: averageValue });
  return {
    type,
    ...some({
      object: object && {
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? '0',
        ...some({ selector: object.metric.selector, averageValue: object.target.averageValue }),
      },
      pods: pods && {
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? '0',
        ...some({ selector: pods.metric.selector }),
      },
      resource: resource && { name: resource.name, ...usage(resource.target) },
      containerResource: containerResource && {
        name: containerResource.name,
        ...usage(containerResource.target),
        container: containerResource.container,
      },
      external: external && {
        metricName: external.metric.name,
        ...some({
          metricSelector: external.metric.selector,
          targetValue: external.target.value,
          targetAverageValue: external.target.averageValue,
        }),
      },
    }),
  };
}

export function metricStatusOfV1({ type, object, pods, resource, containerResource, external }: MetricStatusOfV1): MetricStatus {
  const usage = (of: { currentAverageUtilization?: number; currentAverageValue?: string }): object =>
    some({ averageUtilization: of.currentAverageUtilization, averageValue: of.currentAverageValue });
  return {
    type,
    ...some({
      object: object && {
        describedObject: object.target,
        metric: identifier(object.metricName, object.selector),
        current: some({ value: object.currentValue, averageValue: object.averageValue }),
      },
      pods: pods && {
        metric: identifier(pods.metricName, pods.selector),
        current: some({ averageValue: pods.currentAverageValue }),
      },
      resource: resource && { name: resource.name, current: usage(resource) },
      containerResource: containerResource && {
        name: containerResource.name,
        container: containerResource.container,
        current: usage(containerResource),
      },
      external: external && {
        metric: identifier(external.metricName, external.metricSelector),
        current: some({ value: external.currentValue, averageValue: external.currentAverageValue }),
      },
    }),
  };
}

export function metricStatusToV1({ type, object, pods, resource, containerResource, external }: MetricStatus): MetricStatusOfV1 {
  return {
    type,
    ...some({
      object: object && {
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? '0',
        ...some({ selector: object.metric.selector, averageValue: object.current.averageValue }),
      },
      pods: pods && {
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? '0',
        ...some({ selector: pods.metric.selector }),
      },
      resource: resource && {
        name: resource.name,
        ...some({ currentAverageUtilization: resource.current.averageUtilization }),
        currentAverageValue: resource.current.averageValue ?? '0',
      },
      containerResource: containerResource && {
        name: containerResource.name,
        ...some({ currentAverageUtilization: containerResource.current.averageUtilization }),
        currentAverageValue: containerResource.current.averageValue ?? '0',
        container: containerResource.container,
      },
      external: external && {
        metricName: external.metric.name,
        ...some({ metricSelector: external.metric.selector }),
        currentValue: external.current.value ?? '0',
        ...some({ currentAverageValue: external.current.averageValue }),
      },
    }),
  };
}
