import { lookUp } from '#base';
import {
  compareQuantities,
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Label,
  isQualifiedName,
  notFoundValue,
  required,
} from '#api';
import type { ResourceRequirements } from '#api/types';
import { complaints } from '../../../rules/checks.ts';
import { nanosOf } from '../../../rules/quantities.ts';

/** Quantities by the name of the resource, as their text. */
export type ResourceList = Readonly<Record<string, string>>;

const containerResources = new Set(['cpu', 'ephemeral-storage', 'memory']);
/** Names without a domain that mean something somewhere: containers, quotas, claims. */
const standardResources = new Set([
  ...containerResources,
  'storage',
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]);
const countedResources = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

/** `hugepages-2Mi` and its like: one resource for each size of page. */
export const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
/** A resource of somebody's own domain, counted in whole numbers: devices and the like (Kubernetes, "Extended resources"). */
export const isExtendedResource = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0;
/** Only native resources but huge pages may be promised to several at a time. */
export const isOvercommittable = (name: string): boolean => isNative(name) && !isHugePages(name);

/** A standard name, or one with a domain. Quotas and nodes take any of them, containers only some: see below. */
export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = complaints(isQualifiedName, name, field);
  if (errors.length > 0 || name.includes('/') || standardResources.has(name) || isHugePages(name)) return errors;
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')];
}

/** Of the standard names only those that a container can use up, and huge pages; with a domain, only extended resources. */
export function validateContainerResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (!name.includes('/')) {
    if (!containerResources.has(name) && !isHugePages(name)) {
      errors.push(invalidValue(field, name, 'must be a standard resource for containers'));
    }
  } else if (!isNative(name) && !isExtendedResource(name)) {
    errors.push(invalidValue(field, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

/** Never negative; what is counted is whole. `value` has been parsed at decoding, so what is no quantity does not come here. */
export function validateQuantity(name: string, value: string, field: string): FieldError[] {
  const nanos = nanosOf(value) ?? 0n;
  return [
    ...(nanos < 0n ? [invalidValue(field, value, 'must be greater than or equal to 0')] : []),
    ...((countedResources.has(name) || isExtendedResource(name)) && nanos % 1_000_000_000n !== 0n
      ? [invalidValue(field, value, 'must be an integer')]
      : []),
  ];
}

type NameCheck = (name: string, field: string) => FieldError[];

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateContainerResourceRequirements. */
export function validateResources(
  requirements: ResourceRequirements | undefined,
  path: string,
  { nameCheck = validateContainerResourceName, claimNames = new Set() }: { nameCheck?: NameCheck; claimNames?: ReadonlySet<string> } = {},
): FieldError[] {
  if (!requirements) return [];
  const limits: ResourceList = requirements.limits ?? {};
  const requests: ResourceList = requirements.requests ?? {};
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const lonelyHugePages = names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory');
  return [
    ...validateList(limits, `${path}.limits`, nameCheck),
    ...validateList(requests, `${path}.requests`, nameCheck),
    ...Object.entries(requests).flatMap(([name, request]) => validateAgainstLimit({ name, request, limit: lookUp(limits, name) }, path)),
    ...(lonelyHugePages ? [forbiddenField(path, 'HugePages require cpu or memory')] : []),
    ...validateClaims(requirements.claims ?? [], claimNames, `${path}.claims`),
  ];
}

function validateList(list: ResourceList, path: string, nameCheck: NameCheck): FieldError[] {
  return Object.entries(list).flatMap(([name, value]) => {
    const field = `${path}[${name}]`;
    return [...nameCheck(name, field), ...validateQuantity(name, value, field), ...validateHugePages(name, value, field)];
  });
}

function validateHugePages(name: string, value: string, field: string): FieldError[] {
  if (!isHugePages(name)) return [];
  const page = nanosOf(name.slice('hugepages-'.length));
  const nanos = nanosOf(value) ?? 0n;
  if (page && page > 0n && nanos % page === 0n) return [];
  return [invalidValue(field, value, `${value} is not positive integer multiple of ${name}`)];
}

/** A request is at most the limit. What cannot be overcommitted needs a limit, and the request is equal to it. */
function validateAgainstLimit({ name, request, limit }: { name: string; request: string; limit?: string }, path: string): FieldError[] {
  if (limit === undefined) {
    return isOvercommittable(name) ? [] : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  }
  const order = compareQuantities(request, limit);
  if (order !== 0 && !isOvercommittable(name)) {
    return [invalidValue(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)];
  }
  return order > 0 ? [invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

function validateClaims(claims: readonly { name?: string; request?: string }[], known: ReadonlySet<string>, path: string): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name, request }, i) => {
    const field = `${path}[${i}]`;
    if (!name) return [required(field)];
    const errors: FieldError[] = request ? complaints(isDns1123Label, request, `${field}.request`) : [];
    const key = request ? `${name}/${request}` : name;
    const overlaps = seen.has(name) || seen.has(key) || (!request && [...seen].some((other) => other.startsWith(`${name}/`)));
    if (overlaps) errors.push(duplicate(field, key));
    seen.add(key);
    if (!known.has(name)) {
      const all = known.size === 0 ? ' which is empty' : `: ${[...known].toSorted().join(', ')}`;
      const error = notFoundValue(field, name);
      errors.push({ ...error, message: `${error.message}: must be one of the names in pod.spec.resourceClaims${all}` });
    }
    return errors;
  });
}
