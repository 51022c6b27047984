import { type FieldError, forbiddenField, invalidValue, isDns1123Label, isPathSegmentName, notSupported, required } from '#api';
import type { MetricIdentifier, MetricSpec, MetricTarget } from '#api/types';
import { validateContainerResourceName } from '../../core/pod/spec/resources.ts';
import { complaints } from '../../rules/checks.ts';
import { nanosOf } from '../../rules/quantities.ts';
import { validateReference, versionProblem } from './reference.ts';

interface Metrics {
  metrics: readonly MetricSpec[] | undefined;
  minReplicas: number | undefined;
  /** Of the object as it was. */
  previous: readonly MetricSpec[] | undefined;
}

/** `pkg/apis/autoscaling/validation`, validateMetrics. */
export function validateMetrics({ metrics = [], minReplicas, previous = [] }: Metrics, field: string): FieldError[] {
  const outsidePods = metrics.some(({ type }) => type === 'Object' || type === 'External');
  const wrongBefore = previous.some(({ type, object }) => type === 'Object' && versionProblem(object?.describedObject?.apiVersion));
  const errors = metrics.flatMap((metric, i) => validateMetric(metric, `${field}[${i}]`, wrongBefore));
  if (minReplicas === 0 && !outsidePods)
    errors.push(forbiddenField(field, 'must specify at least one Object or External metric to support scaling to zero replicas'));
  return errors;
}

/** Source → its field, in the order in which they are looked at. Only the first that is there is checked. */
const sources = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const;
type Source = (typeof sources)[keyof typeof sources];
const types = Object.keys(sources).sort();
const isType = (type: string): type is keyof typeof sources => Object.hasOwn(sources, type);

function validateMetric(metric: MetricSpec, field: string, anyVersion: boolean): FieldError[] {
  const { type } = metric;
  const present = Object.values(sources).filter((name) => metric[name]);
  const [first] = present;
  const expected = isType(type) ? sources[type] : undefined;
  return [
    ...(type === '' ? [required(`${field}.type`, 'must specify a metric source type')] : []),
    ...(expected ? [] : [notSupported(`${field}.type`, type, types)]),
    ...(first ? validateSource[first](metric, `${field}.${first}`, anyVersion) : []),
    ...(expected && !metric[expected] ? [required(`${field}.${expected}`, 'must populate information for the given metric source')] : []),
    ...(present.length === 1
      ? []
      : present
          .filter((name) => name !== expected)
          .map((name) => forbiddenField(`${field}.${name}`, 'must populate the given metric source only'))),
  ];
}

const validateSource: Readonly<Record<Source, (metric: MetricSpec, field: string, anyVersion: boolean) => FieldError[]>> = {
  object({ object }, field, anyVersion) {
    const { describedObject, metric, target } = object!;
    const problem = anyVersion ? undefined : versionProblem(describedObject?.apiVersion);
    return [
      ...validateReference(describedObject, `${field}.describedObject`),
      ...(problem ? [invalidValue(`${field}.describedObject.apiVersion`, describedObject.apiVersion, problem)] : []),
      ...validateIdentifier(metric, `${field}.metric`),
      ...validateTarget(target, `${field}.target`),
      ...neither(target, ['value', 'averageValue'], [`${field}.target.averageValue`, 'must set either a target value or averageValue']),
    ];
  },
  external({ external }, field) {
    const { metric, target } = external!;
    return [
      ...validateIdentifier(metric, `${field}.metric`),
      ...validateTarget(target, `${field}.target`),
      ...neither(
        target,
        ['value', 'averageValue'],
        [`${field}.target.averageValue`, 'must set either a target value for metric or a per-pod target'],
      ),
      ...both(
        target,
        ['value', 'averageValue'],
        [`${field}.target.value`, 'may not set both a target value for metric and a per-pod target'],
      ),
    ];
  },
  pods({ pods }, field) {
    const { metric, target } = pods!;
    return [
      ...validateIdentifier(metric, `${field}.metric`),
      ...validateTarget(target, `${field}.target`),
      ...neither(target, ['averageValue'], [`${field}.target.averageValue`, 'must specify a positive target averageValue']),
    ];
  },
  resource({ resource }, field) {
    const { name, target } = resource!;
    return [
      ...(name ? [] : [required(`${field}.name`, 'must specify a resource name')]),
      ...validateTarget(target, `${field}.target`),
      ...utilizationOrValue(target, `${field}.target`),
    ];
  },
  containerResource({ containerResource }, field) {
    const { name, container, target } = containerResource!;
    return [
      ...(name ? validateContainerResourceName(name, `${field}.name`) : [required(`${field}.name`, 'must specify a resource name')]),
      ...(container
        ? complaints(isDns1123Label, container, `${field}.container`)
        : [required(`${field}.container`, 'must specify a container')]),
      ...validateTarget(target, `${field}.target`),
      ...utilizationOrValue(target, `${field}.target`),
    ];
  },
};

type Amount = 'value' | 'averageValue' | 'averageUtilization';
type Complaint = readonly [field: string, why: string];
const isSet = (target: MetricTarget | undefined, name: Amount): boolean => target?.[name] !== undefined;
const neither = (target: MetricTarget | undefined, names: readonly Amount[], [field, why]: Complaint): FieldError[] =>
  names.some((name) => isSet(target, name)) ? [] : [required(field, why)];
const both = (target: MetricTarget | undefined, names: readonly Amount[], [field, why]: Complaint): FieldError[] =>
  names.every((name) => isSet(target, name)) ? [forbiddenField(field, why)] : [];

function utilizationOrValue(target: MetricTarget | undefined, field: string): FieldError[] {
  const names = ['averageUtilization', 'averageValue'] as const;
  return [
    ...neither(target, names, [`${field}.averageUtilization`, 'must set either a target raw value or a target utilization']),
    ...both(target, names, [`${field}.averageValue`, 'may not set both a target raw value and a target utilization']),
  ];
}

function validateTarget(target: MetricTarget | undefined, field: string): FieldError[] {
  const { type = '', averageUtilization } = target ?? {};
  return [
    ...(type === '' ? [required(`${field}.type`, 'must specify a metric target type')] : []),
    ...(['Utilization', 'Value', 'AverageValue'].includes(type)
      ? []
      : [invalidValue(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue')]),
    ...(['value', 'averageValue'] as const).flatMap((name) => {
      const value = target?.[name];
      return value !== undefined && (nanosOf(value) ?? 0n) <= 0n ? [invalidValue(`${field}.${name}`, value, 'must be positive')] : [];
    }),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [invalidValue(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0')]
      : []),
  ];
}

function validateIdentifier(metric: MetricIdentifier | undefined, field: string): FieldError[] {
  if (!metric?.name) return [required(`${field}.name`, 'must specify a metric name')];
  return complaints(isPathSegmentName, metric.name, `${field}.name`);
}
