import { duplicate, type FieldError, invalidState, invalidValue, isQualifiedName, notSupported, required, tooLong, tooMany } from '#api';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement as OnExitCodes,
  PodFailurePolicyOnPodConditionsPattern as OnPodCondition,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '#api/types';
import { complaints, nonNegative } from '../../rules/checks.ts';
import { parseIndexes } from './indexes.ts';

const maxRules = 20;
const maxExitCodes = 255;
const maxPatterns = 20;
const maxIndexesBytes = 64 * 1024;

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'] as const;
const operators = ['In', 'NotIn'] as const;
const statuses = ['False', 'True', 'Unknown'] as const;

/** As `oneOf`, where what is missing is answered with what there is. */
function choice(value: string | undefined, known: readonly string[], field: string): FieldError[] {
  if (!value) return [required(field, `valid values: [${known.map((each) => `"${each}"`).join(' ')}]`)];
  return known.includes(value) ? [] : [notSupported(field, value, known)];
}

/** KEP-3329. */
export function validatePodFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const pod = spec.template?.spec;
  const names = new Set([...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name }) => name));
  return [
    ...(rules.length > maxRules ? [tooMany(`${path}.rules`, rules.length, maxRules)] : []),
    ...rules.flatMap((rule, i) => validateFailureRule(rule, spec, { path: `${path}.rules[${i}]`, names })),
  ];
}

function validateFailureRule(
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  spec: JobSpec,
  { path, names }: { path: string; names: ReadonlySet<string> },
): FieldError[] {
  const [codes, conditions] = [Boolean(onExitCodes), onPodConditions.length > 0];
  const needsIndex = action === 'FailIndex' && spec.backoffLimitPerIndex === undefined;
  return [
    ...choice(action, actions, `${path}.action`),
    ...(needsIndex ? [invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set')] : []),
    ...(onExitCodes ? validateExitCodes(onExitCodes, `${path}.onExitCodes`, names) : []),
    ...validateConditions(onPodConditions, `${path}.onPodConditions`),
    ...(codes && conditions ? [invalidState(path, 'specifying both OnExitCodes and OnPodConditions is not supported')] : []),
    ...(!codes && !conditions ? [invalidState(path, 'specifying one of OnExitCodes and OnPodConditions is required')] : []),
  ];
}

function validateExitCodes(requirement: OnExitCodes, path: string, names: ReadonlySet<string>): FieldError[] {
  const { operator, containerName } = requirement;
  const values = requirement.values ?? [];
  const field = `${path}.values`;
  const ordered = values.every((value, i) => i === 0 || (values[i - 1] ?? value) <= value);
  const rule = 'must be one of the container or initContainer names in the pod template';
  return [
    ...choice(operator, operators, `${path}.operator`),
    ...(containerName !== undefined && !names.has(containerName) ? [invalidValue(`${path}.containerName`, containerName, rule)] : []),
    ...(values.length === 0 ? [invalidValue(field, values, 'at least one value is required')] : []),
    ...(values.length > maxExitCodes ? [tooMany(field, values.length, maxExitCodes)] : []),
    ...values.flatMap((value, i) => [
      ...(operator === 'In' && value === 0 ? [invalidValue(`${field}[${i}]`, value, 'must not be 0 for the In operator')] : []),
      ...(values.indexOf(value) < i ? [duplicate(`${field}[${i}]`, value)] : []),
    ]),
    ...(ordered ? [] : [invalidValue(field, values, 'must be ordered')]),
  ];
}

function validateConditions(patterns: readonly OnPodCondition[], path: string): FieldError[] {
  return [
    ...(patterns.length > maxPatterns ? [tooMany(path, patterns.length, maxPatterns)] : []),
    ...patterns.flatMap(({ type, status }, i) => [
      ...complaints(isQualifiedName, type ?? '', `${path}[${i}].type`),
      ...choice(status, statuses, `${path}[${i}].status`),
    ]),
  ];
}

/** KEP-3939: a policy on failures sees only pods that have ended, so a pod is not replaced before. */
export function validatePodReplacementPolicy({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, field: string): FieldError[] {
  const known = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return policy === undefined || known.includes(policy) ? [] : [notSupported(field, policy, known)];
}

/** KEP-3998. */
export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  if (spec.completionMode !== 'Indexed') return [invalidValue(path, spec.successPolicy, 'requires indexed completion mode')];
  const rules = spec.successPolicy?.rules ?? [];
  return [
    ...(rules.length === 0 ? [required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')] : []),
    ...(rules.length > maxRules ? [tooMany(`${path}.rules`, rules.length, maxRules)] : []),
    ...rules.flatMap((rule, i) => validateSuccessRule(rule, spec.completions ?? 0, `${path}.rules[${i}]`)),
  ];
}

function validateSuccessRule({ succeededIndexes: indexes, succeededCount: count }: SuccessPolicyRule, completions: number, path: string) {
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  }
  const parsed = indexes === undefined ? undefined : parseIndexes(indexes, completions);
  const total = parsed && 'total' in parsed ? parsed.total : 0;
  const field = `${path}.succeededIndexes`;
  if (indexes !== undefined && Buffer.byteLength(indexes) > maxIndexesBytes) errors.push(tooLong(field, maxIndexesBytes));
  if (parsed && 'error' in parsed) errors.push(invalidValue(field, indexes, `error parsing succeededIndexes: ${parsed.error}`));
  if (count === undefined) return errors;
  const most = (max: number, of: string): FieldError =>
    invalidValue(`${path}.succeededCount`, count, `must be less than or equal to ${max} (the number of ${of})`);
  return [
    ...errors,
    ...nonNegative(count, `${path}.succeededCount`),
    ...(count > completions ? [most(completions, 'specified completions')] : []),
    ...(parsed && count > total ? [most(total, 'indexes in the specified succeededIndexes field')] : []),
  ];
}
