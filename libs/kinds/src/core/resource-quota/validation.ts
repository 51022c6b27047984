import { lookUp } from '#base';
import { type FieldError, invalidValue, required } from '#api';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '#api/types';
import { isHugePages, validateQuantity, validateResourceName } from '../pod/spec/resources.ts';

const podCompute = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
const objectCounts = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
];
const storage = ['requests.storage', 'ephemeral-storage', 'requests.ephemeral-storage', 'limits.ephemeral-storage'];
const standard = new Set([...podCompute, ...objectCounts, ...storage]);
const isStandard = (name: string): boolean => standard.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');

/** What each scope can be about: `IsResourceQuotaScopeValidForResource`. */
const ofPods = new Set([...podCompute, 'pods']);
const scopes: Readonly<Record<string, ReadonlySet<string>>> = {
  BestEffort: new Set(['pods']),
  CrossNamespacePodAffinity: ofPods,
  NotBestEffort: ofPods,
  NotTerminating: ofPods,
  PriorityClass: ofPods,
  Terminating: ofPods,
  VolumeAttributesClass: new Set(['persistentvolumeclaims', 'requests.storage']),
};
const contrary = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
/** Scopes that are there or not, and have no values. */
const withoutValues = new Set(['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']);

/** `k8s.io/kubernetes/pkg/apis/core/validation.ValidateResourceQuota`. */
export function validateQuota({ spec }: ResourceQuota): FieldError[] {
  return [...validateHard(spec?.hard, 'spec.hard'), ...validateScopes(spec ?? {}), ...validateScopeSelector(spec ?? {})];
}

export function validateQuotaUpdate(next: ResourceQuota, previous: ResourceQuota): FieldError[] {
  const sorted = ({ spec }: ResourceQuota): string => [...new Set(spec?.scopes)].toSorted().join(',');
  return sorted(next) === sorted(previous) ? [] : [invalidValue('spec.scopes', next.spec.scopes ?? null, 'field is immutable')];
}

export function validateQuotaStatus({ status }: ResourceQuota): FieldError[] {
  return [...validateHard(status?.hard, 'status.hard'), ...validateHard(status?.used, 'status.used')];
}

function validateHard(hard: Record<string, string> | undefined, path: string): FieldError[] {
  return Object.entries(hard ?? {}).flatMap(([name, value]) => {
    const field = `${path}[${name}]`;
    const strange = !name.includes('/') && !isStandard(name);
    return [
      ...(name.startsWith('requests.hugepages-') ? [] : validateResourceName(name, field)),
      ...(strange ? [invalidValue(field, name, 'must be a standard resource for quota')] : []),
      ...validateQuantity(name, value, field),
    ];
  });
}

const misapplied = (scope: string, hard: ResourceQuotaSpec['hard']): string[] =>
  Object.keys(hard ?? {}).filter((name) => isStandard(name) && !lookUp(scopes, scope)?.has(name));
const conflicting = (given: readonly string[]): boolean => contrary.some((pair) => pair.every((scope) => given.includes(scope)));

function validateScopes({ scopes: given = [], hard }: ResourceQuotaSpec): FieldError[] {
  const field = 'spec.scopes';
  return [
    ...given.flatMap((scope) => [
      ...(lookUp(scopes, scope) ? [] : [invalidValue(field, given, 'unsupported scope')]),
      ...misapplied(scope, hard).map(() => invalidValue(field, given, 'unsupported scope applied to resource')),
    ]),
    ...(conflicting(given) ? [invalidValue(field, given, 'conflicting scopes')] : []),
  ];
}

function validateScopeSelector({ scopeSelector, hard }: ResourceQuotaSpec): FieldError[] {
  const field = 'spec.scopeSelector.matchExpressions';
  const requirements = scopeSelector?.matchExpressions ?? [];
  return [
    ...requirements.flatMap((requirement) => [
      ...(lookUp(scopes, requirement.scopeName) ? [] : [invalidValue(`${field}.scopeName`, requirement.scopeName, 'unsupported scope')]),
      ...misapplied(requirement.scopeName, hard).map(() => invalidValue(field, scopeSelector, 'unsupported scope applied to resource')),
      ...validateRequirement(requirement, field),
    ]),
    ...(conflicting(requirements.map(({ scopeName }) => scopeName)) ? [invalidValue(field, requirements, 'conflicting scopes')] : []),
  ];
}

function validateRequirement({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (withoutValues.has(scopeName) && operator !== 'Exists') {
    errors.push(
      invalidValue(
        `${field}.operator`,
        operator,
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    );
  }
  if (operator === 'In' || operator === 'NotIn') {
    const why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    return values.length === 0 ? [...errors, required(`${field}.values`, why)] : errors;
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    const why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    return values.length > 0 ? [...errors, invalidValue(`${field}.values`, values, why)] : errors;
  }
  return [...errors, invalidValue(`${field}.operator`, operator, 'not a valid selector operator')];
}
