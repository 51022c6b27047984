import { type FieldError, invalidValue, notSupported, required } from '#api';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HPAScalingPolicy,
  HPAScalingRules,
} from '#api/types';
import { nonNegative, optionalOneOf } from '../../rules/checks.ts';
import { nanosOf } from '../../rules/quantities.ts';
import { validateMetrics } from './metric-validation.ts';
import { validateReference, versionProblem } from './reference.ts';

const maxPeriodSeconds = 1800;
const maxStabilizationWindowSeconds = 3600;

/** `pkg/apis/autoscaling/validation`, with the options that `pkg/registry/autoscaling/horizontalpodautoscaler` gives them. */
export function validateAutoscaler(
  { spec }: HorizontalPodAutoscaler,
  previous: HorizontalPodAutoscaler | undefined,
  scaleToZero: boolean,
): FieldError[] {
  const { minReplicas, maxReplicas, scaleTargetRef, metrics, behavior } = spec;
  const least = scaleToZero || previous?.spec.minReplicas === 0 ? 0 : 1;
  const before = previous?.spec.scaleTargetRef;
  // What refers to the same kind as before may go on doing so.
  const sameKind = before !== undefined && before.apiVersion === scaleTargetRef?.apiVersion && before.kind === scaleTargetRef?.kind;
  return [
    ...(minReplicas !== undefined && minReplicas < least
      ? [invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${least}`)]
      : []),
    ...(maxReplicas < 1 ? [invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0')] : []),
    ...(minReplicas !== undefined && maxReplicas < minReplicas
      ? [invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...validateReference(scaleTargetRef, 'spec.scaleTargetRef'),
    ...(sameKind ? [] : validateTargetVersion(scaleTargetRef, 'spec.scaleTargetRef.apiVersion')),
    ...validateMetrics({ metrics, minReplicas, previous: previous?.spec.metrics }, 'spec.metrics'),
    ...validateBehavior(behavior, 'spec.behavior'),
  ];
}

/** Of the core group only replication controllers are scaled. Nothing at all is let through, as by all servers until 1.34. */
function validateTargetVersion({ apiVersion, kind }: Partial<CrossVersionObjectReference> = {}, field: string): FieldError[] {
  const problem = versionProblem(apiVersion);
  if (problem) return [invalidValue(field, apiVersion, problem)];
  const withoutGroup = apiVersion && !apiVersion.includes('/') && kind !== 'ReplicationController';
  return withoutGroup ? [invalidValue(field, apiVersion, 'apiVersion must specify API group')] : [];
}

export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return (['currentReplicas', 'desiredReplicas'] as const).flatMap((name) => nonNegative(status?.[name], `status.${name}`));
}

function validateBehavior(behavior: HorizontalPodAutoscalerBehavior | undefined, field: string): FieldError[] {
  return (['scaleUp', 'scaleDown'] as const).flatMap((name) => validateScalingRules(behavior?.[name], `${field}.${name}`));
}

function validateScalingRules(rules: HPAScalingRules | undefined, field: string): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules;
  return [
    ...atMost(window, maxStabilizationWindowSeconds, { field: `${field}.stabilizationWindowSeconds`, least: 0 }),
    ...optionalOneOf(selectPolicy, ['Disabled', 'Max', 'Min'], `${field}.selectPolicy`),
    ...(policies.length === 0 ? [required(`${field}.policies`, 'must specify at least one Policy')] : []),
    ...policies.flatMap((policy, i) => validatePolicy(policy, `${field}.policies[${i}]`)),
    ...(tolerance !== undefined && (nanosOf(tolerance) ?? 0n) < 0n
      ? [invalidValue(`${field}.tolerance`, tolerance, 'must be greater than or equal to 0')]
      : []),
  ];
}

function validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, field: string): FieldError[] {
  return [
    ...(type === 'Pods' || type === 'Percent' ? [] : [notSupported(`${field}.type`, type ?? '', ['Percent', 'Pods'])]),
    ...(value <= 0 ? [invalidValue(`${field}.value`, value, 'must be greater than zero')] : []),
    ...atMost(periodSeconds, maxPeriodSeconds, { field: `${field}.periodSeconds`, least: 1 }),
  ];
}

function atMost(value: number, most: number, { field, least }: { field: string; least: 0 | 1 }): FieldError[] {
  if (value < least) return [invalidValue(field, value, `must be greater than ${least === 0 ? 'or equal to ' : ''}zero`)];
  return value > most ? [invalidValue(field, value, `must be less than or equal to ${most}`)] : [];
}
