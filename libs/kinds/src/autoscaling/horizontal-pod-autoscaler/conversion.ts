import { lookUp } from '#base';
import { ApiError, builtinTypes, decodeObject, type KubeObject } from '#api';
import type {
  AutoscalingHorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
} from '#api/types';
import type { ServedVersion } from '../../contract.ts';
import { defaultMetric } from './strategy.ts';
import { metricOfV1, metricStatusOfV1, metricStatusToV1, metricToV1, type MetricOfV1, type MetricStatusOfV1 } from './metrics-of-v1.ts';

/** What autoscaling/v1 has no fields for stands in annotations of its objects: `pkg/apis/autoscaling/annotations.go`. */
const annotation = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const;
const annotations: readonly string[] = Object.values(annotation);

const gvk = { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' };
const stored = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' } as const;
const isCpuUtilization = ({ resource }: MetricSpec): boolean =>
  resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;

/** `pkg/apis/autoscaling/v1/conversion.go`, to the internal form. */
export function toStored(object: KubeObject): KubeObject {
  const { metadata, spec, status, ...rest } = object as AutoscalingHorizontalPodAutoscaler;
  return {
    ...rest,
    ...stored,
    metadata: withoutAnnotations(metadata),
    ...(spec && { spec: specOf(spec, metadata.annotations) }),
    ...(status && { status: statusOf(status, metadata.annotations) }),
  } as HorizontalPodAutoscaler;
}

type Annotations = Readonly<Record<string, string>> | undefined;
type SpecOfV1 = AutoscalingHorizontalPodAutoscaler['spec'];
type StatusOfV1 = NonNullable<AutoscalingHorizontalPodAutoscaler['status']>;

function specOf({ targetCPUUtilizationPercentage: percent, ...rest }: SpecOfV1, kept: Annotations): HorizontalPodAutoscaler['spec'] {
  const others = listIn<MetricOfV1>(kept?.[annotation.metrics]);
  const told = others ? (read('spec', { metrics: others.map(metricOfV1) }).metrics ?? []) : [];
  const metrics = [...told, ...(percent === undefined ? [] : [cpuMetric(percent)])];
  const behavior = parsed(kept?.[annotation.behavior], small);
  return {
    ...rest,
    metrics: metrics.length > 0 ? metrics : [defaultMetric],
    ...(isRecord(behavior) && { behavior: read('spec', { behavior }).behavior }),
  };
}

const cpuMetric = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

function statusOf(
  { currentCPUUtilizationPercentage: percent, ...rest }: StatusOfV1,
  kept: Annotations,
): NonNullable<HorizontalPodAutoscaler['status']> {
  const conditions = listIn(kept?.[annotation.conditions]);
  const metrics = listIn<MetricStatusOfV1>(kept?.[annotation.currentMetrics]);
  // The annotation knows more than the one number.
  const { currentMetrics = percent === undefined ? [] : [cpuStatus(percent)] } = metrics
    ? read('status', { currentMetrics: metrics.map(metricStatusOfV1) })
    : {};
  return {
    ...rest,
    ...(currentMetrics.length > 0 && { currentMetrics }),
    ...(conditions?.length && { conditions: read('status', { conditions }).conditions }),
  };
}

const cpuStatus = (averageUtilization: number): MetricStatus => ({
  type: 'Resource',
  resource: { name: 'cpu', current: { averageUtilization } },
});

/** The other way. */
export function fromStored(object: KubeObject): KubeObject {
  const { metadata, spec, status, ...rest } = object as HorizontalPodAutoscaler;
  const { metrics = [], behavior, ...kept } = spec ?? {};
  const { currentMetrics, conditions, ...known } = status ?? { desiredReplicas: 0 };
  const cpu = metrics.find(({ resource }) => resource?.name === 'cpu')?.resource?.target.averageUtilization;
  const used = currentMetrics?.findLast(({ resource }) => resource?.name === 'cpu' && resource.current.averageUtilization !== undefined);
  const others = metrics.filter((metric) => !isCpuUtilization(metric)).map(metricToV1);
  const told = {
    ...(others.length > 0 && { [annotation.metrics]: JSON.stringify(others) }),
    ...(currentMetrics?.length && { [annotation.currentMetrics]: JSON.stringify(currentMetrics.map(metricStatusToV1)) }),
    ...(conditions?.length && { [annotation.conditions]: JSON.stringify(conditions) }),
    ...(behavior && { [annotation.behavior]: behaviorText(behavior) }),
  };
  return {
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: Object.keys(told).length > 0 ? { ...metadata, annotations: { ...metadata.annotations, ...told } } : metadata,
    ...(spec && { spec: { ...kept, ...(cpu !== undefined && { targetCPUUtilizationPercentage: cpu }) } }),
    ...(status && {
      status: {
        ...known,
        currentReplicas: known.currentReplicas ?? 0,
        ...(used && { currentCPUUtilizationPercentage: used.resource?.current.averageUtilization }),
      },
    }),
  } as AutoscalingHorizontalPodAutoscaler;
}

/** The internal Go type without tags: its names begin with a capital, and nothing is left out. */
function behaviorText({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): string {
  const rulesOf = (rules: HPAScalingRules | undefined): unknown =>
    rules
      ? {
          StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
          SelectPolicy: rules.selectPolicy ?? null,
          Policies:
            rules.policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ?? null,
          Tolerance: rules.tolerance ?? null,
        }
      : null;
  return JSON.stringify({ ScaleUp: rulesOf(scaleUp), ScaleDown: rulesOf(scaleDown) });
}

function withoutAnnotations(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  if (!metadata.annotations || !annotations.some((name) => lookUp(metadata.annotations, name) !== undefined)) return metadata;
  const left = Object.entries(metadata.annotations).filter(([name]) => !annotations.includes(name));
  const { annotations: _, ...rest } = metadata;
  return left.length > 0 ? { ...rest, annotations: Object.fromEntries(left) } : rest;
}

/**
 * What the annotations hold, in the stored form and checked as a body is: what is of another shape says nothing, as what Go cannot read.
 */
function read(
  part: 'spec' | 'status',
  value: object,
): Partial<HorizontalPodAutoscaler['spec'] & NonNullable<HorizontalPodAutoscaler['status']>> {
  try {
    const object = decodeObject(
      builtinTypes,
      { ...stored, metadata: {}, [part]: value },
      { gvk, fieldValidation: 'Ignore', defaults: false },
    );
    return (object as HorizontalPodAutoscaler)[part] ?? {};
  } catch (err) {
    if (err instanceof ApiError) return {};
    throw err;
  }
}

function parsed(text: string | undefined, revive?: (key: string, value: unknown) => unknown): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text, revive);
  } catch (err) {
    if (err instanceof SyntaxError) return undefined;
    throw err;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined for what is no list of objects. */
function listIn<T>(text: string | undefined): T[] | undefined {
  const value = parsed(text);
  return Array.isArray(value) && value.every(isRecord) ? (value as T[]) : undefined;
}

/** Of Go's internal type: names with a capital, null for what is absent. */
const small = (_key: string, value: unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([key, each]) => (each === null ? [] : [[`${key.slice(0, 1).toLowerCase()}${key.slice(1)}`, each]])),
      )
    : value;

export const autoscalingV1: ServedVersion = {
  gvk: { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' },
  toStored,
  fromStored,
};
